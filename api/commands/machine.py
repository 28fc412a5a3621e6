"""Verbs that run here and not in the API: up, init, data, doctor."""

import subprocess
import sys
import threading
from typing import Annotated

import typer

from api import doctor as checks
from api import initial, local, settings
from api.alone import Refused
from api.commands.options import AsJson, dump, errors, say, table
from api.exits import Exit
from api.lines import Lines

app = typer.Typer()
data_app = typer.Typer(no_args_is_help=True, help="The data packages: fetch them, look at them.")
_MARKS = {"ok": "ok", "warning": "look", "failed": "FAILED"}


@app.command()
def up(
    *,
    workers: Annotated[
        list[str] | None,
        typer.Option(help="How many for a queue, as gpu=2. Default: one each.", metavar="QUEUE=N"),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Default: API_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: API_PORT. 0: a free one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Each line as a JSON object.")] = False,
) -> None:
    """Run everything on this machine in this terminal, until Ctrl-C."""
    given = settings.get()
    plan = local.Plan(
        host=host or given.host,
        port=given.port if port is None else port,
        workers=_counts(workers or []),
    )
    try:
        local.Machine(plan, Lines(sys.stdout, form="json") if as_json else Lines()).run()
    except Refused as error:
        errors.print(str(error), style="red")
        raise typer.Exit(Exit.FAILED) from error


@app.command()
def init(*, as_json: AsJson = False) -> None:
    """Bring the tables up to date and register the weights that ship with Packshot."""
    try:
        rows = initial.initialise(Lines(sys.stderr), threading.Event())
    except Refused as error:
        errors.print(str(error), style="red")
        raise typer.Exit(Exit.FAILED) from error
    if as_json:
        dump(rows)
    else:
        say(f"Ready: {initial.in_words(rows)}.")


@data_app.command()
def fetch(*, as_json: AsJson = False) -> None:
    """Fetch the data packages that training and the renderer use."""
    _child(["workers.data", "fetch"], as_json=as_json)


@data_app.command()
def status(*, as_json: AsJson = False) -> None:
    """Which data packages are there."""
    _child(["workers.data", "status"], as_json=as_json)


@data_app.command()
def pack(
    folder: Annotated[str, typer.Argument(help="An empty one, or none yet.")] = ".pack",
    *,
    as_json: AsJson = False,
) -> None:
    """Pack what our networks learn from, to carry it to a machine with a GPU."""
    _child(["workers.packing", folder], as_json=as_json)


@data_app.command()
def render(*, as_json: AsJson = False) -> None:
    """Photograph the 3D models of the dataset `catalogue` now, not at the first training on it."""
    _child(["workers.render"], as_json=as_json)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at this machine and say what is missing, and what would mend it."""
    found = checks.examine()
    failed = any(check.state == "failed" for check in found)
    if as_json:
        rows = [{"name": c.name, "state": c.state, "found": c.found, "mend": c.mend} for c in found]
        dump({"ok": not failed, "checks": rows})
    else:
        table(
            ["", "what", "found", "what to do"],
            [(_MARKS[c.state], c.name, c.found, c.mend) for c in found],
        )
    raise typer.Exit(Exit.FAILED if failed else Exit.DONE)


def _counts(texts: list[str]) -> dict[str, int]:
    counts = dict(local.WORKERS)
    for text in texts:
        queue, _, number = text.partition("=")
        if queue not in counts or not number.isdigit():
            raise typer.BadParameter(f"--workers wants QUEUE=N of {', '.join(counts)}, got {text}")
        counts[queue] = int(number)
    return counts


def _child(module: list[str], *, as_json: bool) -> None:
    """Torch stays out of this process: what needs it is a program of its own."""
    command = [sys.executable, "-m", *module, *(["--json"] if as_json else [])]
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603
