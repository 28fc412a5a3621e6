"""`packshot submit`: pictures and parameters become jobs, jobs become files."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.client import Client, Json
from api.commands import parameters
from api.commands.delivery import deliver
from api.commands.options import AsJson, Url, connect, dump, errors, say, table
from api.commands.parameters import BadArgument, Schema

app = typer.Typer()
_Words = list[str] | None


# --help is our own here: it knows the operation that was named before it.
@app.command(context_settings={"help_option_names": []})
def submit(
    context: typer.Context,
    operation: Annotated[str | None, typer.Argument(help="What to do: `packshot operations`.")] = None,
    files: Annotated[
        list[str] | None, typer.Argument(help="Its pictures: files, or ids of pictures or results.")
    ] = None,
    *,
    param: Annotated[_Words, typer.Option("--param", "-p", help="name=value, @file for a picture.", metavar="K=V")] = None,
    reference: Annotated[str | None, typer.Option(help="Measure against this picture.")] = None,
    mask: Annotated[str | None, typer.Option(help="Measure where this is white.")] = None,
    sku: Annotated[str | None, typer.Option(help="The product it belongs to.")] = None,
    channel: Annotated[str | None, typer.Option(help="Where it will be shown.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Your own name for the job.")] = None,
    priority: Annotated[int | None, typer.Option(help="1 is first, 9 last; usually 5.")] = None,
    gate: Annotated[_Words, typer.Option(help="Fail below or above: psnr_db>=40.", metavar="SCORE>=N")] = None,
    format: Annotated[str | None, typer.Option(help="png, jpeg or webp.")] = None,  # noqa: A002
    quality: Annotated[int | None, typer.Option(help="Of jpeg and webp, 1 to 100.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until the jobs have ended.")] = False,
    out: Annotated[Path | None, typer.Option(help="Wait, and write the pictures here.")] = None,
    url: Url = None,
    as_json: AsJson = False,
    show_help: Annotated[bool, typer.Option("--help", help="Also of one operation.")] = False,
) -> None:
    """Submit jobs; with --wait see them end, with --out get their pictures."""
    if show_help or operation is None:
        _help(context, operation)
        raise typer.Exit(0 if show_help else 2)
    with connect(url) as client:
        schema = schema_of(client.operation(operation))
        envelope = {
            "reference": _picture(client, reference),
            "mask": _picture(client, mask),
            "sku": sku,
            "channel": channel,
            "external_id": external_id,
            "priority": priority,
            "gates": parameters.gates(gate or []) or None,
            "output": _filled({"format": format, "quality": quality}) or None,
        }
        given = _uploaded(client, parameters.values(param or [], schema))
        shares = _shares(list(files or []), given, schema, operation)
        jobs = []
        for share in shares:
            pictures = {role: _picture(client, file) for role, file in share.items()}
            body = {"operation": {"op": operation, **given, **pictures}, **_filled(envelope)}
            jobs.append(client.submit(body))
        if wait or out:
            jobs = watched(client, jobs, quiet="yes" if as_json else "no")
        names = [_name(share, sku or given.get("category"), job) for share, job in zip(shares, jobs, strict=True)]
        files_of = deliver(client, jobs, names, out) if out else {}
    _show(jobs, files_of, as_json=as_json)
    if (wait or out) and any(job["state"] != "succeeded" for job in jobs):
        raise typer.Exit(1)
