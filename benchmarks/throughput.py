"""As fast as the hardware, while durable: `python -m benchmarks.throughput`.

Packshot beside the raw loop over the same network and beside what people use instead, in one run:
all systems of a workload are up at the same time and take turns. η is a system's jobs per second
over the raw loop's. p50 and p99 are of one job alone on an idle system. Peers that are not
installed are left out; `python -m benchmarks.throughput_peers setup` installs them.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import (
    throughput_celery,
    throughput_packshot,
    throughput_peers,
    throughput_raw,
    throughput_workloads,
)
from benchmarks.engine_archives import Archives, archives
from benchmarks.throughput_load import Loaded, loaded
from benchmarks.throughput_packshot import Packshot, Way
from benchmarks.throughput_system import NotHere, System
from benchmarks.throughput_workloads import MAX_BATCH, Workload

Start = Callable[[Workload, Path], AbstractContextManager[System]]

STARTS: Final[dict[str, Start]] = {
    "raw": throughput_raw.running,
    "celery-solo": throughput_celery.solo,
    "celery-prefork": throughput_celery.prefork,
    **throughput_peers.STARTERS,
}
LEAST: Final = 2 * MAX_BATCH
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Scale:
    """How long it takes.

    Attributes:
        seconds: of each turn of a system.
        turns: of each.
        alone: jobs that are sent one by one.
        loads: shares of its capacity at which Packshot's latency is measured.
    """

    seconds: float
    turns: int
    alone: int
    loads: tuple[float, ...]


FULL: Final = Scale(6.0, 5, 40, (0.3, 0.7, 0.9))
QUICK: Final = Scale(1.5, 3, 10, ())


@dataclass(frozen=True, slots=True)
class Row:
    """One system at one workload; medians of its turns, `spread` their range over the median.

    Attributes:
        eta: jobs per second over the raw loop's in the same run; None without a raw loop.
        cpu_s_per_1000: of Packshot's worker, as the numbers behind it.
    """

    system: str
    workload: str
    jobs_per_s: float
    eta: float | None
    durable: bool
    p50_ms: float
    p99_ms: float
    spread: float
    jobs: int
    cpu_s_per_1000: float | None = None
    mean_batch: float | None = None
    busy_share: float | None = None
    peak_mb: float | None = None

    def in_words(self) -> str:
        eta = "" if self.eta is None else f"{self.eta:.3f}"
        kept = "durable" if self.durable else ""
        line = (
            f"{self.workload:22} {self.system:16} {self.jobs_per_s:>12,.1f} {eta:>7} {kept:8}"
            f"{self.p50_ms:>9.1f} {self.p99_ms:>9.1f} {self.spread:>7.0%}"
        )
        if self.cpu_s_per_1000 is None:
            return line
        return (
            f"{line}   {self.cpu_s_per_1000:.2f} CPU s per 1,000, batches of {self.mean_batch}, "
            f"device busy {self.busy_share or 0:.0%}, {self.peak_mb:.0f} MB"
        )


HEADER: Final = (
    f"{'workload':22} {'system':16} {'jobs/s':>12} {'η':>7} {'':8}{'p50 ms':>9} {'p99 ms':>9}"
    f" {'spread':>7}"
)


def main() -> None:
    arguments = _arguments()
    scale = QUICK if arguments.quick else FULL
    workloads = [throughput_workloads.named(name) for name in arguments.workloads]
    rows: list[Row] = []
    loads: list[Loaded] = []
    print(HEADER)
    with tempfile.TemporaryDirectory(prefix="packshot-throughput-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with archives(folder) as both:
            kind = next(one for one in both if one.database == arguments.database)
            for workload in workloads:
                found = measured(kind, folder, workload, scale, arguments.systems)
                for row in found:
                    print(row.in_words() if isinstance(row, Row) else row.in_words(), flush=True)
                    (rows if isinstance(row, Row) else loads).append(row)  # type: ignore[arg-type]
    if arguments.json:
        told = {"database": arguments.database, "rows": [asdict(row) for row in rows]}
        told["loads"] = [asdict(one) for one in loads]
        arguments.json.write_text(json.dumps(told, indent=2) + "\n")


def measured(
    kind: Archives, folder: Path, workload: Workload, scale: Scale, wanted: Sequence[str]
) -> Iterator[Row | Loaded]:
    """The rows of one workload, when all turns are over; then Packshot's latency under load."""
    with ExitStack() as stack:
        archive = kind.new(f"packshot-{workload.name}")
        packshot = stack.enter_context(throughput_packshot.running(archive, workload))
        systems: list[System] = [way for way in packshot.ways() if way.name in wanted]
        systems += _started(stack, folder, workload, wanted)
        rows = _rows(packshot, systems, workload, scale)
        yield from rows
        capacity = next((row.jobs_per_s for row in rows if row.system == "packshot-single"), 0.0)
        for share in scale.loads if capacity else ():
            yield loaded(packshot, workload, share=share, capacity=capacity, seconds=scale.seconds)


def _started(
    stack: ExitStack, folder: Path, workload: Workload, wanted: Sequence[str]
) -> Iterator[System]:
    for name, start in STARTS.items():
        if name in wanted:
            home = folder / name / workload.name
            home.mkdir(parents=True)
            try:
                yield stack.enter_context(start(workload, home))
            except NotHere as error:
                print(error, flush=True)


def _rows(
    packshot: Packshot, systems: Sequence[System], workload: Workload, scale: Scale
) -> list[Row]:
    counts = [_count(system, scale) for system in systems]
    rates: list[list[float]] = [[] for _ in systems]
    cpu_s: dict[str, list[float]] = {}
    before = packshot.numbers()
    for turn in range(scale.turns):
        # Each begins a turn once: whoever is always behind the same other has its leftovers.
        for place in range(len(systems)):
            at = (place + turn) % len(systems)
            used = packshot.cpu_s()
            rates[at].append(counts[at] / systems[at].drain(counts[at]).seconds)
            cpu_s.setdefault(systems[at].name, []).append(packshot.cpu_s() - used)
    time.sleep(throughput_packshot.BEATS_EVERY_S + 0.5)
    device = _device(before, packshot.numbers())
    raw = next((r for s, r in zip(systems, rates, strict=True) if s.name == "raw"), None)
    rows = []
    for system, own, count in zip(systems, rates, counts, strict=True):
        alone = [_alone(system) for _ in range(scale.alone)]
        rate = statistics.median(own)
        is_ours = isinstance(system, Way)
        rows.append(
            Row(
                system=system.name,
                workload=workload.name,
                jobs_per_s=round(rate, 2),
                eta=None if raw is None else round(rate / statistics.median(raw), 4),
                durable=system.durable,
                p50_ms=round(1000 * statistics.median(alone), 2),
                p99_ms=round(1000 * statistics.quantiles(alone, n=100, method="inclusive")[98], 2),
                spread=round((max(own) - min(own)) / rate, 3),
                jobs=count,
                cpu_s_per_1000=(
                    round(1000 * statistics.median(cpu_s[system.name]) / count, 3)
                    if is_ours
                    else None
                ),
                mean_batch=device[0] if is_ours else None,
                busy_share=None,
                peak_mb=round(packshot.peak_mb(), 1) if is_ours else None,
            )
        )
    return rows


def _device(before: dict[str, float], after: dict[str, float]) -> tuple[float | None, float]:
    """Images in a batch, and seconds of batches, between two looks at the worker's numbers."""
    batches = after.get("batches", 0) - before.get("batches", 0)
    images = after.get("images", 0) - before.get("images", 0)
    busy_s = after.get("busy_s", 0.0) - before.get("busy_s", 0.0)
    return (round(images / batches, 1) if batches else None), busy_s


def _count(system: System, scale: Scale) -> int:
    """Jobs that take it about so long, in whole batches."""
    system.drain(LEAST)
    rate = LEAST / system.drain(LEAST).seconds
    return min(MOST, max(LEAST, MAX_BATCH * round(rate * scale.seconds / MAX_BATCH)))


def _alone(system: System) -> float:
    return system.alone() if isinstance(system, Way) else system.drain(1).seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    names, systems = throughput_workloads.names(), ["packshot-single", "packshot-batch", *STARTS]
    parser.add_argument("--quick", action="store_true", help="shorter turns, and rougher")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--workloads", type=_listed(names), default=names, metavar="NAME,…")
    parser.add_argument("--systems", type=_listed(systems), default=systems, metavar="NAME,…")
    return parser.parse_args()


def _listed(known: Sequence[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        asked = text.split(",")
        if unknown := set(asked) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not in {', '.join(known)}")
        return asked

    return read


if __name__ == "__main__":
    main()
