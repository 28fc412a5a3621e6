"""`packshot erase`: a picture, job or result with all that was made from it, or what one likes."""

from enum import StrEnum
from typing import Annotated

import typer

from api.commands.options import AsJson, Url, connect, dump, errors

app = typer.Typer()


class Kind(StrEnum):
    PICTURE = "picture"
    JOB = "job"
    RESULT = "result"
    SHOPPER = "shopper"


@app.command()
def erase(
    kind: Kind,
    ids: Annotated[list[str], typer.Argument(metavar="ID…")],
    *,
    from_datasets: Annotated[
        bool, typer.Option("--from-datasets", help="Take it out of datasets too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Erase it with all that was made from it, for good; of a shopper all that they like."""
    if not yes:
        more = "all that they like" if kind is Kind.SHOPPER else "all that was made from it"
        what = f"{len(ids)} {kind}{'s' if len(ids) > 1 else ''} and {more}"
        typer.confirm(f"Erase {what}, for good?", abort=True, err=True)
    versions: set[str] = set()
    with connect(url) as client:
        for one in ids:
            if kind is Kind.SHOPPER:
                client.forget(one)
            else:
                versions.update(client.erase(kind, one, from_datasets=from_datasets))
            errors.print(f"erased {kind} {one}", markup=False, soft_wrap=True)
    for label in sorted(versions):
        errors.print(f"{label} learnt from it before", style="yellow", soft_wrap=True)
    if as_json:
        dump({"kind": kind, "erased": ids, "trained_versions": sorted(versions)})
