"""`packshot submit`: pictures and parameters become jobs, jobs become files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands import parameters, verdicts
from api.commands.delivery import deliver, show, watched
from api.commands.options import AsJson, Url, connect, say, table
from api.commands.orders import orders
from api.exits import Exit
from db.operations.union import schemas

app = typer.Typer()

_Operation = Annotated[str | None, typer.Argument(help="What to do; see `packshot operations`.")]
_Files = Annotated[list[str] | None, typer.Argument(help="Its pictures: files, or ids.")]
_Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="K=V", help="JSON or text; @file sends a picture."),
]
_Gates = Annotated[
    list[str] | None, typer.Option(metavar="SCORE>=N", help="Fail the job if missed; or <=.")
]
_Out = Annotated[Path | None, typer.Option(help="Wait, and write the pictures into this folder.")]


# --help is our own here: it knows the operation that was named before it.
@app.command(context_settings={"help_option_names": []})
def submit(
    context: typer.Context,
    operation: _Operation = None,
    files: _Files = None,
    *,
    param: _Params = None,
    reference: Annotated[str | None, typer.Option(help="Measure against this picture.")] = None,
    mask: Annotated[str | None, typer.Option(help="Measure where this is white.")] = None,
    sku: Annotated[str | None, typer.Option(help="The product it belongs to.")] = None,
    channel: Annotated[str | None, typer.Option(help="Where it will be shown.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Your own name for it.")] = None,
    priority: Annotated[int | None, typer.Option(help="1 to 9, 1 first; 0: admin.")] = None,
    gate: _Gates = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Keep masks and heat maps; --out writes them too.")
    ] = False,
    output: Annotated[str | None, typer.Option("--format", help="png, jpeg, webp or avif.")] = None,
    watermark: Annotated[
        bool, typer.Option("--watermark", help="An invisible mark in the ground.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until the jobs have ended.")] = False,
    out: _Out = None,
    url: Url = None,
    as_json: AsJson = False,
    show_help: Annotated[bool, typer.Option("--help", help="Also of one operation.")] = False,
) -> None:
    """Submit jobs; see them end with --wait, get their pictures with --out.

    The exit code is 1 if a job did not succeed, 3 if all did and a check of a picture failed.
    """
    if show_help or operation is None:
        _help(context, operation)
        raise typer.Exit(Exit.DONE if show_help else Exit.REFUSED)
    envelope = {
        "reference": reference,
        "mask": mask,
        "sku": sku,
        "channel": channel,
        "external_id": external_id,
        "priority": priority,
        "gates": parameters.gates(gate or []) or None,
        "explain": True if explain else None,
        "output": _output(output, watermark=watermark),
    }
    with connect(url) as client:
        asked = orders(client, operation, files or [], param or [], envelope)
        jobs = [client.submit(one.body) for one in asked]
        if wait or out:
            jobs = watched(client, jobs, label=operation)
        written = deliver(client, jobs, (one.name for one in asked), out) if out else {}
    show(jobs, written, as_json=as_json)
    if not as_json:
        verdicts.show(jobs)
    if (wait or out) and any(job["state"] != "succeeded" for job in jobs):
        raise typer.Exit(Exit.FAILED)
    if verdicts.have_failed(jobs):
        raise typer.Exit(Exit.CHECK_FAILED)


def _output(kind: str | None, *, watermark: bool) -> dict[str, Any] | None:
    said = {"format": kind, "watermark": watermark or None}
    return {name: value for name, value in said.items() if value is not None} or None


def _help(context: typer.Context, operation: str | None) -> None:
    say(context.get_help())
    known = schemas()
    if operation is None:
        return
    if operation not in known:
        raise parameters.BadArgument(
            f"there is no operation {operation!r}; there are {', '.join(known)}"
        )
    say(f"\n{operation}: {known[operation].get('description', '')}\n")
    table(["parameter", "kind", "default", "meaning"], parameters.describe(known[operation]))
