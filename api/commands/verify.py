"""`packshot verify`: where a file comes from, as far as it says and we know."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.client import Json
from api.commands.options import AsJson, Url, connect, dump, errors, table
from api.exits import Exit

app = typer.Typer()


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A picture.")],
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Read a file's marks, and say whether it is exactly one that was delivered."""
    with connect(url) as client:
        job = client.verify(file)
    if job["state"] != "succeeded":
        error = job.get("error") or {}
        errors.print(f"{job['state']}: {error.get('detail', '')}", style="red", markup=False)
        raise typer.Exit(Exit.FAILED)
    if as_json:
        dump(job["report"])
    else:
        table(["mark", "says"], list(_lines(job["report"]).items()))


def _lines(found: Json) -> dict[str, Any]:
    label, mark, result = (found[name] or {} for name in ("label", "aigc", "result"))
    manifest, mark_of = (found.get(name) or {} for name in ("manifest", "watermark"))
    return {
        "source kind": found["source_kind"],
        "label of job": label.get("job_id"),
        "that job is ours": label.get("job_is_known"),
        "AIGC producer": mark.get("ContentProducer"),
        "AIGC id": mark.get("ProduceID"),
        "C2PA manifest": found["c2pa"],
        "signed by": manifest.get("organisation"),
        "signed for job": (manifest.get("job") or {}).get("job_id"),
        "what is wrong": ", ".join(manifest.get("why", [])),
        "invisible mark": mark_of.get("payload"),
        "delivered as result": result.get("id"),
        "of job": result.get("job_id"),
    }
