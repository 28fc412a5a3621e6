"""One cell of a table of editing systems, as every such benchmark prints it and writes it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

OURS: Final = "ours"
BASELINE: Final = "baseline"
PAPER: Final = "paper"


@dataclass(frozen=True, slots=True)
class Row:
    """One system's mean over a set's pictures; None where no time was taken.

    Attributes:
        system: `ours`, `baseline`, `paper` for what was published, or a peer's name.
        by: what does it there.
    """

    operation: str
    system: str
    set: str
    measure: str
    value: float
    ms_per_megapixel: float | None = None
    by: str = ""


def line(row: Row) -> str:
    """The row for a person."""
    took = "" if row.ms_per_megapixel is None else f"{row.ms_per_megapixel:8.0f} ms/MP"
    system = f"{row.system}, {row.by}" if row.by else row.system
    told = f"{row.operation:11} {row.set:34} {system:46} {row.measure:17}"
    return f"{told} {row.value:8.4f}{took}"


def as_json(rows: Iterable[Row]) -> str:
    """All of them, as `--json` gives them."""
    return json.dumps([asdict(row) for row in rows], indent=1) + "\n"
