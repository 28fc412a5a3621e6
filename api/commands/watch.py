"""`packshot watch`: a job on its way, a training epoch by epoch."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.client import Client, Json
from api.commands.delivery import followed, show
from api.commands.options import AsJson, Url, connect, dump, table
from api.exits import Exit

app = typer.Typer()
_OF_TRIALS = ("trial", "state", "parameters", "value", "epochs", "seconds")
_COLUMNS = ("epoch", "losses", "val_psnr_db", "val_ssim", "scores", "seconds", "peak_memory_mb")


@app.command()
def watch(
    job: Annotated[str, typer.Argument(metavar="JOB")],
    *,
    grids: Annotated[
        Path | None, typer.Option(help="A folder for what the network made after each epoch.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Wait for a job with a bar, and tell how it ended: each epoch of a training, each trial."""
    with connect(url) as client:
        ended = followed(client, client.job(job))
        files = _grids(client, ended, grids) if grids else {}
        tried = client.trials(job) if ended["op"] == "tune" else []
    if as_json and tried:
        dump({"job": ended, "trials": tried})
    elif tried:
        table(_OF_TRIALS, [_trial(one) for one in tried])
        show([ended], {}, as_json=False)
    elif ended.get("epochs") is None:
        show([ended], {}, as_json=as_json)
    elif as_json:
        dump({"job": ended, "grids": files})
    else:
        table(_COLUMNS, [_row(epoch) for epoch in ended["epochs"]])
        show([ended], {}, as_json=False)
    if ended["state"] != "succeeded":
        raise typer.Exit(Exit.FAILED)


def _grids(client: Client, job: Json, folder: Path) -> dict[str, str]:
    """Write them as JOB-EPOCH.png; the path of each epoch's."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for epoch in job.get("epochs") or []:
        if epoch["grid"]:
            path = folder / f"{job['id']}-{epoch['number']:03}.png"
            path.write_bytes(client.grid(job["id"], epoch["number"]))
            written[str(epoch["number"])] = str(path)
    return written


def _trial(one: Json) -> tuple[Any, ...]:
    told = " ".join(f"{name} {_short(value)}" for name, value in one["parameters"].items())
    value = "" if one["value"] is None else f"{one['measure']} {one['value']:.4g}"
    return one["number"], one["state"], told, value, len(one["scores"]), f"{one['seconds']:.0f}"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _row(epoch: Json) -> tuple[Any, ...]:
    names = ("val_psnr_db", "val_ssim", "scores", "seconds", "peak_memory_mb")
    return (epoch["number"], _told(epoch["losses"]), *(_told(epoch[name]) for name in names))


def _told(value: Any) -> Any:
    """Numbers by their names, short."""
    if isinstance(value, dict):
        return " ".join(f"{name} {number:.4g}" for name, number in value.items())
    return value
