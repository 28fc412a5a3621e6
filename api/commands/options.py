"""What several verbs share: the address of the API, `--json`, and how answers are shown."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api import key_file, settings
from api.client import Client, Json
from api.commands.parameters import is_id

Url = Annotated[
    str | None, typer.Option("--url", help="Address of the API. Default: API_URL.", metavar="URL")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable, on standard output.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]

errors = Console(stderr=True, highlight=False)
_MISSING = "–"
_ID_CHARACTERS: Final = 36
_TO_THE_SECOND: Final = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[\d.]*(?:Z|\+00:00)$")
_PAUSES_S = (0.1, 0.3, 1.0)  # a person waits


def connect(url: str | None) -> Client:
    where = url or settings.get().address()
    return Client(where, key_file.key_for(where), pauses_s=_PAUSES_S)


def say(text: str) -> None:
    typer.echo(text)


def dump(answer: Any) -> None:
    """One JSON document and nothing else."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def gone(what: Json, told: str, *, as_json: bool) -> None:
    """That something was taken away, which leaves nothing to show."""
    if as_json:
        dump({**what, "removed": True})
    else:
        say(told)


def progress_bar() -> Progress:
    """A bar on standard error that leaves nothing behind."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
        console=errors,
        transient=True,
    )


def show(found: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Answers whole, or these of their fields for a person."""
    if as_json:
        dump(list(found))
    else:
        table(columns, [[row.get(name) for name in columns] for row in found])


def score(result: Mapping[str, Any], name: str) -> Any:
    """A score of a result for a person: what is identical has an infinite PSNR, and no number."""
    same = {"psnr_db": "identical", "product_psnr_db": "product_identical"}.get(name)
    return "identical" if same is not None and result.get(same) else result.get(name)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows for a person; for a pipe the same, each in one line with tabs between its cells."""
    body = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in (columns, *body):
            typer.echo("\t".join(" ".join(cell.split()) for cell in row))
    elif not body:
        typer.echo("nothing")
    else:
        Console(highlight=False).print(_drawn(columns, body))


def _drawn(columns: Sequence[str], body: list[list[str]]) -> Table:
    """Numbers to the right, what is missing as a dash, and ids whole: they are there to copy."""
    drawn = Table(header_style="bold", box=None)
    for number, name in enumerate(columns):
        cells = [row[number] for row in body]
        right = any(c != _MISSING for c in cells) and all(_is_number(c) for c in cells)
        whole = any(is_id(cell) for cell in cells)
        drawn.add_column(
            name,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=whole,
            min_width=_ID_CHARACTERS if whole else None,
        )
    for row in body:
        drawn.add_row(*(Text(_TO_THE_SECOND.sub(r"\1 \2", cell)) for cell in row))
    return drawn


def _cell(value: Any) -> str:
    if value is None or value == "":
        return _MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1.5 else f"{value:.2f}"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)


def _is_number(cell: str) -> bool:
    return cell == _MISSING or cell.replace(".", "", 1).replace("-", "", 1).isdigit()
