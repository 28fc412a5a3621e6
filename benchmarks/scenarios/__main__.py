"""Every claim of the shop's scenarios beside its number: `python -m benchmarks.scenarios`.

Each file beside this one measures one scenario; `--quick` takes fewer pictures and trials, and
`--json FILE` keeps the rows with where and when they were measured.
"""

import argparse
import json
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks import machine, scenarios
from benchmarks.scenarios.row import Row

Measure = Callable[..., Iterator[Row]]
_NONE = frozenset({"__main__", "row"})


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command line; 1 where a number is not what is asked of it."""
    given = _arguments(words)
    told: list[Row] = []
    for name in given.scenarios or names():
        for row in measure(name)(quick=given.quick):
            told.append(row)
            print(_line(row), flush=True)
    if given.json:
        kept = {**machine.described(), "rows": [asdict(row) for row in told]}
        given.json.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return int(any(not holds(row) for row in told))


def names() -> list[str]:
    """The scenarios that there are, in alphabetical order."""
    found = pkgutil.iter_modules(scenarios.__path__)
    return sorted(one.name for one in found if one.name not in _NONE and one.name[0] != "_")


def measure(name: str) -> Measure:
    """What measures a scenario: the `rows` of its file."""
    rows: Measure = import_module(f"benchmarks.scenarios.{name}").rows
    return rows


def holds(row: Row) -> bool:
    """Whether the value is what is asked of it; nothing asked always holds.

    Raises:
        ValueError: what is asked cannot be read.
    """
    if not row.wanted:
        return True
    sign, number = row.wanted.split()
    wanted = float(number)
    match sign:
        case "≥":
            return row.value >= wanted
        case ">":
            return row.value > wanted
        case "≤":
            return row.value <= wanted
        case "<":
            return row.value < wanted
        case "=":
            return row.value == wanted
        case _:
            raise ValueError(f"expected ≥, >, ≤, < or =, got {row.wanted!r}")


def _line(row: Row) -> str:
    asked = f"  ({row.wanted}{'' if holds(row) else ', not reached'})" if row.wanted else ""
    return f"{row.scenario:12} {row.claim:70} {row.value:>10.4g} {row.unit}{asked}"


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scenarios", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("scenarios", nargs="*", help="only these, of: " + ", ".join(names()))
    parser.add_argument("--quick", action="store_true", help="fewer pictures and trials")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the rows are kept")
    return parser.parse_args(words)


if __name__ == "__main__":
    raise SystemExit(main())
