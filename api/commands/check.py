"""`packshot check`: whether pictures are as a sales channel wants them, rule by rule."""

from typing import Annotated

import typer

from api.commands import verdicts
from api.commands.delivery import watched
from api.commands.options import AsJson, Url, connect, dump, errors
from api.commands.orders import orders
from api.exits import Exit

app = typer.Typer()


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files, or ids.")],
    *,
    preset: Annotated[str, typer.Option(help="amazon_main …; see `packshot presets`.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Check pictures against a channel's rules, and wait; `submit check -p fix=true` mends them.

    The exit code is 3 if a rule failed, 1 if a picture could not be checked.
    """
    with connect(url) as client:
        asked = orders(client, "check", files, [f"preset={preset}"], {})
        jobs = watched(client, [client.submit(one.body) for one in asked], label="check")
    if as_json:
        dump({"jobs": jobs})
    else:
        verdicts.show(jobs)
    failed = [job for job in jobs if job["state"] != "succeeded"]
    for job in failed:
        error = job.get("error") or {}
        told = f"job {job['id']} {job['state']}: {error.get('detail', '')}"
        errors.print(told, style="red", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(Exit.FAILED)
    if verdicts.have_failed(jobs):
        raise typer.Exit(Exit.CHECK_FAILED)
