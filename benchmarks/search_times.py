"""How long a search takes, by how many vectors there are: `python -m benchmarks.search_times`.

What `GET /v1/search` does without its HTTP, on an SQLite and on a PostgreSQL, in each way that
there is: by pgvector, of what is kept in memory, and of what is read each time.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from api.nearest import Nearest
from benchmarks import engine_archives
from benchmarks.engine_archives import Archives
from db import clock, embeddings, pgvector
from db.engine import long_transaction, reading, transaction
from db.tables.embeddings import Embedding

COUNTS: Final = (1_000, 10_000, 100_000)
BUDGET: Final = 500_000_000
DIMENSION: Final = 512
_WHERE: Final = ("shop", "look-1:benchmark")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--vectors", type=int, nargs="*", default=COUNTS)
    with databases() as both:
        for count in given.parse_args().vectors:
            for database in both:
                for line in times(count, database):
                    print(json.dumps(line), flush=True)


@contextmanager
def databases() -> Iterator[list[Archives]]:
    """Both kinds, in a folder that PostgreSQL may look into as well."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with engine_archives.archives(folder) as both:
            yield both


def times(count: int, database: Archives) -> Iterator[dict[str, object]]:
    """Milliseconds of a search of so many vectors, a line for each way.

    Cold: the first search of a process; warm: the median of those behind it; and the one behind an
    arrival, and behind an erasure. `kept_s` is what it took to write them all.
    """
    draw = np.random.default_rng(0)
    drawn = draw.standard_normal((count + 1, DIMENSION)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    database.new(f"search-{count}")
    since = time.perf_counter()
    _fill(drawn[:-1])
    kept_s = time.perf_counter() - since
    for way, compare in _ways().items():
        search = partial(compare, *_WHERE, drawn[:2], k=10, without=f"{0:036d}")
        cold_ms = _ms(search)
        warm_ms = statistics.median(_ms(search) for _ in range(5))
        _fill(drawn[-1:], first=count)
        arrival_ms = _ms(search)
        with transaction() as session:
            embeddings.forget(session, [f"{count:036d}"])
        yield {
            "database": database.database, "vectors": count, "way": way,
            "kept_s": round(kept_s, 1), "cold_ms": cold_ms, "warm_ms": warm_ms,
            "after_one_more_ms": arrival_ms, "after_one_erased_ms": _ms(search),
        }  # fmt: skip


def _ways() -> dict[str, Callable[..., object]]:
    ways: dict[str, Callable[..., object]] = {
        "memory": Nearest(BUDGET).compared_here,
        "read each time": Nearest(0).compared_here,
    }
    with reading() as session:
        if pgvector.serves(session):
            return {"pgvector": Nearest(0).search, **ways}
    return ways


def _ms(search: Callable[[], object]) -> float:
    since = time.perf_counter()
    search()
    return round((time.perf_counter() - since) * 1_000, 1)


def _fill(vectors: NDArray[np.float32], *, first: int = 0) -> None:
    told = dict(zip(("tenant", "space"), _WHERE, strict=True))
    rows = [
        {**told, "picture_id": f"{row:036d}", "dimension": len(one), "vector": one.tobytes()}
        for row, one in enumerate(vectors.astype("<f2"), first)
    ]
    for start in range(0, len(rows), 5_000):  # below what a statement may take
        with long_transaction() as session:
            some = rows[start : start + 5_000]
            session.execute(insert(Embedding).values(created_at=clock.now()), some)


if __name__ == "__main__":
    main()
