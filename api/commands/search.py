"""`packshot search`: which pictures are most like one, of those that `embed` has seen."""

from typing import Annotated

import typer

from api.commands.delivery import watched
from api.commands.options import AsJson, Url, connect, dump, errors, table
from api.commands.orders import orders
from api.exits import Exit

app = typer.Typer()


@app.command()
def search(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, or an id.")],
    *,
    k: Annotated[int, typer.Option("-k", help="How many, the most alike first.")] = 10,
    version: Annotated[str | None, typer.Option(help="Of the classifier that looks.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Find what is most like a picture, of what `packshot submit embed` has seen."""
    words = [f"k={k}", *([] if version is None else [f"version={version}"])]
    with connect(url) as client:
        (asked,) = orders(client, "search", [file], words, {})
        (job,) = watched(client, [client.submit(asked.body)], label="search")
    if job["state"] != "succeeded":
        error = job.get("error") or {}
        errors.print(f"{job['state']}: {error.get('detail', '')}", style="red", markup=False)
        raise typer.Exit(Exit.FAILED)
    if as_json:
        dump(job["report"])
    else:
        found = job["report"]["found"]
        table(
            ["alike", "kind", "id"],
            [(f"{one['similarity']:.3f}", one["kind"], one["id"]) for one in found],
        )
