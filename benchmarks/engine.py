"""What the engine itself costs, without any picture: `python -m benchmarks.engine`.

Claims and commits per second on SQLite and PostgreSQL, one claim and one page of jobs with more
and more history in the table, wake-ups per second, and POST /v1/jobs per second with its latency
at 100 a second. What is compared takes turns, so that a busy machine slows both.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import engine_claims, engine_doors, engine_fill, engine_history
from benchmarks.engine_archives import Archive, Archives, archives
from benchmarks.engine_claims import Worked
from benchmarks.engine_history import OF_THE_LINE, QUESTIONS

OFFERED_PER_S: Final = 100.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything is measured.

    Attributes:
        history: rows in the table, from little to much.
        rounds: how often the archives take turns.
        each: how often each question is asked in a turn.
        seconds: of each throughput.
        queued: jobs to claim and commit.
        wake_ups: messages.
    """

    history: tuple[int, ...]
    rounds: int
    each: int
    seconds: float
    queued: int
    wake_ups: int


FULL: Final = Scale((10_000, 100_000, 1_000_000), 5, 40, 8.0, 200_000, 4_000)
QUICK: Final = Scale((1_000, 10_000), 2, 10, 1.0, 30_000, 400)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit, and the 99th percentile where single events were timed."""

    name: str
    database: str
    value: float
    unit: str
    p99: float | None = None
    rows: int | None = None

    def in_words(self) -> str:
        rows = f" of {self.rows:,}" if self.rows else ""
        p99 = "" if self.p99 is None else f"   p99 {self.p99:,.4g} {self.unit}"
        name = f"{self.name}{rows}"
        return f"{self.database:11} {name:46} {self.value:>10,.4g} {self.unit}{p99}"


def main() -> None:
    arguments = _arguments()
    scale = QUICK if arguments.quick else FULL
    figures = []
    with tempfile.TemporaryDirectory(prefix="packshot-engine-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        for figure in measured(folder, scale):
            print(figure.in_words(), flush=True)
            figures.append(asdict(figure))
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": figures}, indent=2) + "\n")


def measured(folder: Path, scale: Scale) -> Iterator[Figure]:
    """Every figure, as soon as it is there."""
    with archives(folder) as both:
        yield from _throughput(both, scale)
        for kind in both:
            yield from _history(kind, scale)
        yield from _wake_ups(both[0].new("wake-ups"), scale)
        yield from _posts(both, scale)


def _throughput(both: Sequence[Archives], scale: Scale) -> Iterator[Figure]:
    """One process and three, groups as the committer's and one job at a time."""
    ready = [_with_jobs(kind, scale) for kind in both]
    found = engine_history.measure(ready, OF_THE_LINE, rounds=scale.rounds, each=scale.each)
    for name, times in found.items():
        for archive, seconds in zip(ready, times, strict=True):
            yield _timed(f"{name}, all queued", archive.database, seconds, rows=scale.queued)
    for processes, group in ((1, 1), (1, 16), (3, 16)):
        for archive in ready:
            worked = engine_claims.together(
                archive, processes=processes, group=group, seconds=scale.seconds
            )
            yield from _rates(archive.database, worked, group)


def _with_jobs(kind: Archives, scale: Scale) -> Archive:
    archive = kind.new("throughput")
    engine_fill.fill(scale.queued, queued=scale.queued)
    engine_claims.prepare()
    return archive


def _rates(database: str, worked: Sequence[Worked], group: int) -> Iterator[Figure]:
    """What all processes did together: each alone with claims or commits, and in turn with both."""
    jobs, processes = sum(one.jobs for one in worked), len(worked)
    how = f"{processes} process{'es' * (processes > 1)}, groups of {group}"
    for name, seconds in (
        ("claims", sum(one.claim_s for one in worked) / processes),
        ("commits", sum(one.commit_s for one in worked) / processes),
        ("claims and commits", max(one.seconds for one in worked)),
    ):
        yield Figure(f"{name}, {how}", database, jobs / seconds, "jobs/s")


def _history(kind: Archives, scale: Scale) -> Iterator[Figure]:
    filled = []
    for rows in scale.history:
        filled.append(kind.new(f"history-{rows}"))
        engine_fill.fill(rows, queued=rows // 100)
    found = engine_history.measure(filled, QUESTIONS, rounds=scale.rounds, each=scale.each)
    for name, times in found.items():
        for rows, seconds in zip(scale.history, times, strict=True):
            yield _timed(name, kind.database, seconds, rows=rows)


def _wake_ups(archive: Archive, scale: Scale) -> Iterator[Figure]:
    found = engine_doors.wake_ups(archive, scale.wake_ups)
    yield Figure("rings of a queue's bell", "none", found.rung, "1/s")
    yield Figure("wake-ups published by one producer", "none", found.published, "1/s")
    yield Figure("wake-ups taken by one worker", "none", found.taken, "1/s")


def _posts(both: Sequence[Archives], scale: Scale) -> Iterator[Figure]:
    for kind in both:
        with engine_doors.api(kind.new("doors")) as post:
            engine_doors.saturated(post, seconds=scale.seconds / 4)  # warm
            most = engine_doors.saturated(post, seconds=scale.seconds)
            calm = engine_doors.offered(post, per_s=OFFERED_PER_S, seconds=2 * scale.seconds)
        yield Figure("POST /v1/jobs at saturation", kind.database, most.per_s(), "1/s")
        yield _timed(f"POST /v1/jobs at {OFFERED_PER_S:g}/s", kind.database, calm.waited_s)
        if refused := most.refused + calm.refused:
            yield Figure("POST /v1/jobs refused", kind.database, refused, "requests")


def _timed(
    name: str, database: str, seconds: Sequence[float], *, rows: int | None = None
) -> Figure:
    """Median and 99th percentile, in milliseconds."""
    *_, p99 = statistics.quantiles(seconds, n=100, method="inclusive")
    median = statistics.median(seconds)
    return Figure(name, database, 1000 * median, "ms", p99=1000 * p99, rows=rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in less than a minute, and rougher")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
