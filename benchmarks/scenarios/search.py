"""How long `GET /v1/search` takes, and whether copies find their originals, mirrored ones too.

Of the samples that ship and of garments; `python -m benchmarks.search FOLDER` also measures copies
of photographs, with every kind of vector.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Final

import torch

from benchmarks import search
from benchmarks.scenarios.row import Row

_SCENARIO: Final = "search"
_EYE: Final = "classifier-catalogue"
_TIMES: Final = {
    "cold_ms": ("the first search of a process", {1_000: "≤ 500", 10_000: "≤ 1500"}),
    "warm_ms": ("a search behind it", {1_000: "≤ 50", 10_000: "≤ 100", 100_000: "≤ 500"}),
    "after_one_more_ms": ("a search behind an arrival", {}),
    "after_one_erased_ms": ("a search behind an erasure", {}),
}


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — what `benchmarks.scenarios` calls
    """Milliseconds by how many vectors there are, then the share of copies that are found."""
    for count in search.COUNTS[: 2 if quick else 3]:
        yield from _times(count)
    eye = search.eyes()[_EYE]
    yield Row(_SCENARIO, "embedding a picture of 1,000 px, without its job", _ms(eye), "ms", "")
    for line in search.recalls(_EYE, eye, search.originals(None)):
        if line["looked at"] == "both ways" and not (quick and line["copy"] != "mirrored"):
            claim = f"{line['of']}, {line['copy']}: the original is found first"
            wanted = "≥ 0.95" if line["copy"] == "mirrored" else ""
            yield Row(_SCENARIO, claim, float(str(line["recall@1"])), "of copies", wanted)


def _times(count: int) -> Iterator[Row]:
    kept = search.speed(count)
    for name, (claim, wanted) in _TIMES.items():
        value = float(str(kept[name]))
        yield Row(_SCENARIO, f"{claim}, {count:,} vectors", value, "ms", wanted.get(count, ""))
    read = search.speed(count, budget=0)
    claim = f"a search that keeps nothing in memory, {count:,} vectors"
    yield Row(_SCENARIO, claim, float(str(read["warm_ms"])), "ms", "")


def _ms(eye: search.Eye) -> float:
    picture = torch.rand(1, 3, 1_000, 1_000, generator=torch.Generator().manual_seed(0))
    taken = []
    for _ in range(7):
        since = time.perf_counter()
        eye(picture)
        taken.append(time.perf_counter() - since)
    return round(statistics.median(taken) * 1_000, 1)
