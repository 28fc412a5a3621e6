"""How well wishes are understood: labelled ones, those it was developed on and those held out.

`python -m benchmarks.scenarios.assist` prints the rows, and every wish that was not heard exactly.
"""

import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks.scenarios.row import Row
from db.wishes import reading
from db.wishes.wish import Wish

SPLITS: Final = ("developed", "first_held_out", "held_out")
SLOTS: Final = (
    "product", "source", "ground", "setting", "size", "channel", "do", "scale", "format", "not",
)  # fmt: skip
_FILE: Final = Path(__file__).with_name("assist_wishes.toml")
Slots = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A wish, what is to be heard in it, and what was."""

    wish: str
    wanted: Slots
    heard: Slots

    @property
    def is_exact(self) -> bool:
        return self.wanted == self.heard

    def right(self) -> tuple[int, int]:
        """Of the slots that are named or were heard: how many agree, and how many there are."""
        named = self.wanted.keys() | self.heard.keys()
        return sum(self.wanted.get(one) == self.heard.get(one) for one in named), len(named)


def rows(*, quick: bool) -> Iterator[Row]:
    """Slot accuracy and exact match of both splits, and how long a wish of full length takes."""
    for split in SPLITS:
        told = labelled(split)
        right, named = map(sum, zip(*(one.right() for one in told), strict=True))
        exact = sum(one.is_exact for one in told) / len(told)
        wanted = "≥ 0.9" if split == "held_out" else "≥ 0.95"
        name = split.replace("_", " ")
        yield Row("assist", f"slots right, {name} ({len(told)} wishes)", right / named, "", wanted)
        yield Row("assist", f"wishes heard exactly, {name}", exact, "", "")
    yield Row("assist", "processor time of the longest wish", _slowest_ms(3 if quick else 10),
              "ms", "≤ 50")  # fmt: skip


def labelled(split: str) -> Sequence[Labelled]:
    """The wishes of a split, each read."""
    with _FILE.open("rb") as file:
        given = tomllib.load(file)[split]
    return [
        Labelled(one["wish"], _slots(one["want"]), slots(reading.read(one["wish"])))
        for one in given
    ]


def slots(wish: Wish) -> Slots:
    """What was heard, by slot."""
    found: dict[str, set[str]] = {}
    for one in wish.heard:
        slot = {"colour": one.part, "action": "do"}.get(one.kind, one.kind)
        found.setdefault("not" if one.refused else slot, set()).add(one.name)
    return _slots(found)


def _slots(given: Mapping[str, Iterator[str] | set[str] | list[str]]) -> Slots:
    if unknown := given.keys() - set(SLOTS):
        raise ValueError(f"there is no slot {', '.join(sorted(unknown))}")
    return {name: frozenset(values) for name, values in given.items()}


def _slowest_ms(times: int) -> float:
    """Typing errors everywhere, at the longest that is taken."""
    words = (
        "backgruond",
        "turqiose",
        "withuot",
        "reflectoin",
        "不要阴影白底",
        "abcdefghijklmnopqrst",
    )
    text = " ".join(words * 20)[: reading.LONGEST_WISH]
    taken = []
    for _ in range(times):
        began = time.process_time()
        reading.read(text)
        taken.append(1000 * (time.process_time() - began))
    return max(taken) if times < 4 else quantiles(taken, n=10)[-1]


def main() -> None:
    """Print what was measured, and what went wrong."""
    for row in rows(quick=False):
        sys.stdout.write(f"{row.claim}\t{row.value:.4g}{row.unit}\t{row.wanted}\n")
    for split in SPLITS if len(sys.argv) < 2 else sys.argv[1:]:
        for one in labelled(split):
            if not one.is_exact:
                sys.stdout.write(f"{split}\t{one.wish}\n\twanted {_told(one.wanted)}\n")
                sys.stdout.write(f"\theard  {_told(one.heard)}\n")


def _told(slots: Slots) -> str:
    return ", ".join(f"{name}: {' '.join(sorted(values))}" for name, values in slots.items())


if __name__ == "__main__":
    main()
