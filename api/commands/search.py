"""Which pictures are most like one: `search` takes a file, `alike` an id that `embed` has seen."""

from collections.abc import Mapping
from typing import Annotated, Any

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
    _show(job["report"], as_json=as_json)


@app.command()
def alike(
    row_id: Annotated[str, typer.Argument(metavar="ID", help="Of a picture that was embedded.")],
    *,
    is_result: Annotated[bool, typer.Option("--result", help="It is a result's id.")] = False,
    k: Annotated[int, typer.Option("-k", help="How many, the most alike first.")] = 10,
    version: Annotated[str | None, typer.Option(help="Of the classifier that looked.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Find what is most like something that `embed` has seen, at once and without a job."""
    kind = "result" if is_result else "picture"
    with connect(url) as client:
        told = client.alike({kind: row_id, "k": k, "version": version})
    _show(told, as_json=as_json)


def _show(told: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        dump(told)
    else:
        rows = [(f"{one['similarity']:.3f}", one["kind"], one["id"]) for one in told["found"]]
        table(["alike", "kind", "id"], rows)
