"""Which pictures are most like one: `search` takes a file, `alike` an id that `embed` has seen."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer

from api.client import Client, Json
from api.commands.batch import show_batches, watched_batch
from api.commands.delivery import watched
from api.commands.options import AsJson, Url, connect, dump, errors, table
from api.commands.orders import orders
from api.exits import Exit

app = typer.Typer()
_AT_ONCE: Final = 10_000


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
    row_id: Annotated[
        str, typer.Argument(metavar="ID", help="Of what was embedded: picture or result.")
    ],
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


@app.command()
def index(
    *,
    version: Annotated[str | None, typer.Option(help="Of the classifier that looks.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Until all of them are seen.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Embed every picture and result that a version has not seen, behind all other work."""
    with connect(url) as client:
        found = [watched_batch(client, one) if watch else one for one in _batches(client, version)]
    show_batches(found, as_json=as_json)
    if any(watch and one["state"] != "completed" for one in found):
        raise typer.Exit(Exit.FAILED)


def _batches(client: Client, version: str | None) -> Iterator[Json]:
    """Up to 10,000 pictures each, as long as there are any."""
    last = None
    while True:
        told = client.unseen({"version": version, "after": last, "limit": _AT_ONCE})
        if not told["ids"]:
            return
        # By its label: what serves may be another before the last job is done.
        asked = {"op": "embed", "version": told["version"]}
        orders = [{"operation": {**asked, "picture": one}, "priority": 9} for one in told["ids"]]
        yield client.submit_batch(orders)
        last = told["ids"][-1]


def _show(told: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        dump(told)
    else:
        rows = [(f"{one['similarity']:.3f}", one["kind"], one["id"]) for one in told["found"]]
        table(["alike", "kind", "id"], rows)
