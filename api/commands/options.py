"""What several verbs share: the address of the API, `--json`, and how answers are shown."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api import settings
from api.client import Client

Url = Annotated[
    str | None, typer.Option("--url", help="Address of the API. Default: API_URL.", metavar="URL")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable, on standard output.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]

errors = Console(stderr=True, highlight=False)
_MISSING = "–"
_PAUSES_S = (0.1, 0.3, 1.0)  # a person waits


def connect(url: str | None) -> Client:
    return Client(url or settings.get().address(), pauses_s=_PAUSES_S)


def say(text: str) -> None:
    typer.echo(text)


def dump(answer: Any) -> None:
    """One JSON document and nothing else."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Rows for a person; numbers to the right, what is missing as a dash."""
    shown = Table(title=title or None, title_justify="left", header_style="bold", box=None)
    body = [[_cell(value) for value in row] for row in rows]
    for number, name in enumerate(columns):
        cells = [row[number] for row in body]
        right = any(c != _MISSING for c in cells) and all(_is_number(c) for c in cells)
        shown.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in body:
        shown.add_row(*row)
    Console(highlight=False).print(shown if body else "nothing")


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
