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
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks import (
    machine,
    throughput_celery,
    throughput_packshot,
    throughput_peers,
    throughput_raw,
    throughput_workloads,
)
from benchmarks.engine_archives import Archives, archives, sqlite
from benchmarks.throughput_load import Loaded, loaded
from benchmarks.throughput_packshot import Packshot, Way
from benchmarks.throughput_rows import HEADER, Device, Row
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


@dataclass(frozen=True, slots=True)
class Turns:
    """A system's turns.

    Attributes:
        jobs: in each.
        seconds: that each took.
        cpu_s: what Packshot's worker used meanwhile.
    """

    system: System
    jobs: int
    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Jobs a second; the median of the turns."""
        return self.jobs / statistics.median(self.seconds)


FULL: Final = Scale(2.0, 5, 30, (0.3, 0.7, 0.9))
QUICK: Final = Scale(1.5, 3, 10, ())


def main() -> None:
    arguments = _arguments()
    scale = QUICK if arguments.quick else FULL
    workloads = [
        throughput_workloads.named(f"{name}@{arguments.device}") for name in arguments.workloads
    ]
    rows: list[Row] = []
    loads: list[Loaded] = []
    print(HEADER)
    with tempfile.TemporaryDirectory(prefix="packshot-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        with _kind(arguments.database, folder) as kind:
            for workload in workloads:
                for found in measured(
                    kind, folder, workload, scale, arguments.systems, cores=arguments.cores
                ):
                    print(found.in_words(), flush=True)
                    if isinstance(found, Row):
                        rows.append(found)
                    else:
                        loads.append(found)
                if arguments.json:  # after each workload: whoever stops it keeps what there is
                    told = {
                        **machine.described(),
                        "database": arguments.database,
                        "rows": [asdict(row) for row in rows],
                        "loads": [asdict(one) for one in loads],
                    }
                    arguments.json.write_text(json.dumps(told, indent=2) + "\n")


@contextmanager
def _kind(database: str, folder: Path) -> Iterator[Archives]:
    """No server is started that nobody asks for."""
    if database == "sqlite":
        with sqlite(folder) as only:
            yield only
    else:
        with archives(folder) as both:
            yield next(one for one in both if one.database == database)


def measured(
    kind: Archives,
    folder: Path,
    workload: Workload,
    scale: Scale,
    wanted: Sequence[str],
    *,
    cores: int | None,
) -> Iterator[Row | Loaded]:
    """The rows of one workload, when all turns are over; then Packshot's latency under load."""
    with ExitStack() as stack:
        archive = kind.new(f"packshot-{workload.name}")
        packshot = stack.enter_context(throughput_packshot.running(archive, workload, cores=cores))
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
            home = Path(tempfile.mkdtemp(dir=folder))  # short: some lay sockets deep in it
            try:
                yield stack.enter_context(start(workload, home))
            except NotHere as error:
                print(error, flush=True)


def _rows(
    packshot: Packshot, systems: Sequence[System], workload: Workload, scale: Scale
) -> list[Row]:
    turns = [Turns(system, _count(system, scale)) for system in systems]
    _until_it_was_told()
    before = packshot.numbers()
    _take(packshot, turns, scale)
    _until_it_was_told()
    worked_s = sum(sum(one.seconds) for one in turns if isinstance(one.system, Way))
    device = Device.between(before, packshot.numbers(), worked_s=worked_s)
    raw_rate = next((one.rate for one in turns if one.system.name == "raw"), None)
    rows = []
    for one in turns:
        row = _row(one, workload, raw_rate, [1000 * _alone(one.system) for _ in range(scale.alone)])
        if isinstance(one.system, Way):
            row = replace(
                row,
                cpu_s_per_1000=round(1000 * statistics.median(one.cpu_s) / one.jobs, 3),
                mean_batch=device.mean_batch,
                busy_share=device.busy_share,
                peak_mb=round(packshot.peak_mb(), 1),
            )
        rows.append(row)
    return rows


def _take(packshot: Packshot, turns: Sequence[Turns], scale: Scale) -> None:
    """All turns of all systems."""
    for number in range(scale.turns):
        # Each begins a turn once: whoever is always behind the same other has its leftovers.
        for place in range(len(turns)):
            one = turns[(place + number) % len(turns)]
            used_s = packshot.cpu_s()
            one.seconds.append(one.system.drain(one.jobs).seconds)
            one.cpu_s.append(packshot.cpu_s() - used_s)


def _row(
    turns: Turns, workload: Workload, raw_rate: float | None, alone_ms: Sequence[float]
) -> Row:
    rates = [turns.jobs / seconds for seconds in turns.seconds]
    return Row(
        system=turns.system.name,
        workload=workload.name,
        jobs_per_s=round(turns.rate, 2),
        eta=None if raw_rate is None else round(turns.rate / raw_rate, 4),
        durable=turns.system.durable,
        p50_ms=round(statistics.median(alone_ms), 2),
        p99_ms=round(statistics.quantiles(alone_ms, n=100, method="inclusive")[98], 2),
        spread=round((max(rates) - min(rates)) / turns.rate, 3),
        jobs=turns.jobs,
    )


def _until_it_was_told() -> None:
    """What the worker's device did comes with its next beat."""
    time.sleep(throughput_packshot.BEATS_EVERY_S + 0.5)


def _count(system: System, scale: Scale) -> int:
    """Jobs that take it about so long, in whole batches.

    Of few jobs the first and the last batch are most: the rate is that of a drain which is long.
    """
    system.drain(LEAST)
    jobs, rate = LEAST, LEAST / system.drain(LEAST).seconds
    while jobs < MOST and jobs / rate < scale.seconds / 2:
        jobs = min(MOST, 4 * jobs)
        rate = jobs / system.drain(jobs).seconds
    return min(MOST, max(LEAST, MAX_BATCH * round(rate * scale.seconds / MAX_BATCH)))


def _alone(system: System) -> float:
    return system.alone() if isinstance(system, Way) else system.drain(1).seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    names, systems = throughput_workloads.names(), ["packshot-single", "packshot-batch", *STARTS]
    parser.add_argument("--quick", action="store_true", help="shorter turns, and rougher")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--device", default="cpu", help="of real networks: cpu, cuda:0, …")
    few = "how many Packshot's worker may use; the others have all"
    parser.add_argument("--cores", type=int, help=few)
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
