"""Puts results into the page: `python -m benchmarks.editing.page RESULTS.json… docs/quality.md`.

What stands above the first table's heading is written by hand and stays.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.editing_rows import Row

HEADING: Final = "\n## "


def page(before: str, rows: Sequence[Row]) -> str:
    """The page as Markdown, with the head that it had before."""
    ordered = sorted(rows, key=lambda row: row.operation)
    groups = groupby(ordered, key=lambda row: row.operation)
    parts = [part for operation, group in groups for part in _part(operation, list(group))]
    return "\n\n".join([before.split(HEADING)[0].strip(), *parts]) + "\n"


def read(file: Path) -> list[Row]:
    """Rows as `--json` wrote them."""
    return [Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))]


def _part(operation: str, rows: Sequence[Row]) -> Iterator[str]:
    yield f"## {operation}"
    yield f"![{operation}: given, right, ours, the others](quality/{operation}.webp)"
    names = list(dict.fromkeys(row.set for row in rows))
    told = {name: [row for row in rows if row.set == name] for name in names}
    for measures, same in groupby(names, key=lambda name: _measures(told[name])):
        yield _table(measures, [told[name] for name in same])


def _measures(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.measure for row in rows))


def _table(measures: Sequence[str], sets: Sequence[Sequence[Row]]) -> str:
    lines = [
        f"| set | system | {' | '.join(measures)} | ms/MP |",
        f"|---|---|{'---:|' * (len(measures) + 1)}",
    ]
    for rows in sets:
        for system in dict.fromkeys((row.system, row.by) for row in rows):
            mine = [row for row in rows if (row.system, row.by) == system]
            lines.append(_line(mine, measures))
    return "\n".join(lines)


def _line(mine: Sequence[Row], measures: Sequence[str]) -> str:
    first = mine[0]
    values = {row.measure: f"{row.value:.4g}" for row in mine}
    cells = [values.get(measure, "") for measure in measures]
    took = first.ms_per_megapixel
    cells.append("" if took is None or took < 1 else f"{took:.0f}")
    told = f"{first.system}, {first.by}" if first.by else first.system
    return f"| {first.set} | {told} | {' | '.join(cells)} |"


def main() -> None:
    """Runs the command line."""
    *results, file = map(Path, sys.argv[1:])
    rows = [row for result in results for row in read(result)]
    file.write_text(page(file.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
