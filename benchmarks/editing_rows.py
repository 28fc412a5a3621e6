"""One cell of a table of editing systems, as every such benchmark prints it and writes it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One system's mean over a set's pictures; None where no time was taken."""

    operation: str
    system: str
    set: str
    measure: str
    value: float
    ms_per_megapixel: float | None = None


def line(row: Row) -> str:
    """The row for a person."""
    took = "" if row.ms_per_megapixel is None else f"{row.ms_per_megapixel:8.0f} ms/MP"
    told = f"{row.operation:8} {row.set:26} {row.system:46} {row.measure:16}"
    return f"{told} {row.value:8.4f}{took}"


def as_json(rows: Iterable[Row]) -> str:
    """All of them, as `--json` gives them."""
    return json.dumps([asdict(row) for row in rows], indent=1) + "\n"
