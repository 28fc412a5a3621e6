"""`packshot batch`: a file of orders, one a line, submitted and watched as one."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from api.client import Client, Json
from api.commands.options import AsJson, Limit, Url, connect, dump, errors, progress_bar, table
from api.commands.parameters import BadArgument
from api.exits import Exit

app = typer.Typer()
_COLUMNS = ("id", "state", "lines", "succeeded", "failed", "refused", "open", "created_at")
_LINE_COLUMNS = ("line", "state", "job_id", "sku", "results or reason")
# What a person wants to hear of beside the bar; what succeeds fills it.
_TOLD = ("refused", "failed", "dead", "cancelled")
_OPEN = ("queued", "running")


@app.command()
def batch(
    file: Annotated[str, typer.Argument(help="JSON Lines: one order each. - reads them here.")],
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Until all of its jobs ended.")] = False,
    key: Annotated[
        str | None, typer.Option(help="The same key and file again are the same batch.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Submit up to 10,000 orders at once; see them end with --watch."""
    orders = _read(file)
    with connect(url) as client:
        found = client.submit_batch(orders, key=key)
        if watch:
            found = watched_batch(client, found)
    show_batches([found], as_json=as_json)
    if watch and found["state"] != "completed":
        raise typer.Exit(Exit.FAILED)


@app.command()
def batches(
    batch_id: Annotated[
        str | None, typer.Argument(metavar="[BATCH]", help="One of them, line by line.")
    ] = None,
    *,
    state: Annotated[str | None, typer.Option(help="Lines in this state: refused, failed…")] = None,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop the jobs of this one.")] = False,
    limit: Limit = 100,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The newest batches; or what became of each line of one."""
    if batch_id is None and (state or cancel):
        raise BadArgument("name the batch too: packshot batches BATCH")
    with connect(url) as client:
        if batch_id is None:
            show_batches(list(client.batches(limit=limit)), as_json=as_json)
        elif cancel:
            show_batches([client.cancel_batch(batch_id)], as_json=as_json)
        else:
            lines = client.batch_lines(batch_id, {"state": state}, limit=limit)
            _show_lines(list(lines), as_json=as_json)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    path = Path(file)
    if not path.is_file():
        raise BadArgument(f"there is no file {file!r}")
    return path.read_bytes()


def watched_batch(client: Client, found: Json) -> Json:
    """The batch when it is over, with a bar on standard error until then."""
    bar = progress_bar()
    with bar if errors.is_terminal else nullcontext():
        task = bar.add_task("batch", total=found["counts"]["lines"], now="")

        def look(seen: Json) -> None:
            counts = seen["counts"]
            still_open = sum(counts[state] for state in _OPEN)
            told = ", ".join(f"{counts[state]} {state}" for state in _TOLD if counts[state])
            bar.update(task, completed=counts["lines"] - still_open, now=told)

        return client.wait_batch(found["id"], watch=look)


def show_batches(found: list[Json], *, as_json: bool) -> None:
    if as_json:
        dump(found)
        return
    rows = []
    for one in found:
        still_open = sum(one["counts"][state] for state in _OPEN)
        cells = {**one, **one["counts"], "open": still_open}
        cells["failed"] += cells["dead"]
        rows.append([cells[name] for name in _COLUMNS])
    table(_COLUMNS, rows)


def _show_lines(found: list[Json], *, as_json: bool) -> None:
    if as_json:
        dump(found)
        return
    head = _LINE_COLUMNS[:-1]
    table(_LINE_COLUMNS, [[*(line[name] for name in head), _outcome(line)] for line in found])


def _outcome(line: Json) -> str:
    wrong = line["problem"] or line["error"]
    return f"{wrong['code']}: {wrong['detail']}" if wrong else ", ".join(line["results"])
