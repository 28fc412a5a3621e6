"""How long `GET /v1/search` takes, and whether copies find their originals, mirrored ones too.

Of the samples that ship and of garments; `python -m benchmarks.search FOLDER` also measures copies
of photographs, with every kind of vector.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Final

import torch

from benchmarks import search, search_times
from benchmarks.engine_archives import Archives
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
    with search_times.databases() as both:
        for count in search_times.COUNTS[: 2 if quick else 3]:
            for database in both:
                yield from _times(count, database)
    eye = search.eyes()[_EYE]
    yield Row(_SCENARIO, "embedding a picture of 1,000 px, without its job", _ms(eye), "ms", "")
    for line in search.recalls(_EYE, eye, search.originals(None)):
        if line["looked at"] == "both ways" and not (quick and line["copy"] != "mirrored"):
            claim = f"{line['of']}, {line['copy']}: the original is found first"
            wanted = "≥ 0.95" if line["copy"] == "mirrored" else ""
            yield Row(_SCENARIO, claim, float(str(line["recall@1"])), "of copies", wanted)


def _times(count: int, database: Archives) -> Iterator[Row]:
    for line in search_times.times(count, database):
        where = f"{count:,} vectors, {line['database']}, {line['way']}"
        for name, (claim, wanted) in _TIMES.items():
            asked = wanted.get(count, "") if line["way"] != "read each time" else ""
            yield Row(_SCENARIO, f"{claim}, {where}", float(str(line[name])), "ms", asked)


def _ms(eye: search.Eye) -> float:
    picture = torch.rand(1, 3, 1_000, 1_000, generator=torch.Generator().manual_seed(0))
    taken = []
    for _ in range(7):
        since = time.perf_counter()
        eye(picture)
        taken.append(time.perf_counter() - since)
    return round(statistics.median(taken) * 1_000, 1)
