"""Kill, freeze, stop and wipe everything while jobs run: `python -m benchmarks.chaos`.

Three workers, an API, a broker and a database in processes of their own; storefronts that submit
by HTTP, by message and in batches, and hear of the end by webhooks; a seeded schedule of faults. In
the end every job must have exactly one result, made of its own picture. It exits with 1 unless
lost = doubled = mixed = 0, every end was told, some stale commit was refused (else the faults did
not bite), and no lost lease waited longer than `--recovered-within`, 5 s.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import chaos_cast
from benchmarks.chaos_cast import Cast
from benchmarks.chaos_faults import KINDS, Director
from benchmarks.chaos_progress import Progress
from benchmarks.chaos_receiver import Heard, receivers
from benchmarks.chaos_submit import Storefronts
from benchmarks.chaos_verdict import RECOVERED_WITHIN_S, Verdict, judged
from benchmarks.chaos_watch import Watch
from db import engine
from workers import settings as worker_settings

BUSY_SHARE: Final = 0.6
LONGEST_DWELL_S: Final = 0.8
JOBS_PER_S: Final = 20.0
GAP_S: Final = (1.5, 5.0)
LONG_S: Final = 300.0
READY_WITHIN_S: Final = 90.0
# Without an end to any job for so long, whatever is open is lost.
PATIENCE_S: Final = 120.0
_TICK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen."""

    jobs: int
    seconds: float
    seed: int
    database: str
    lease_s: float


def main() -> None:
    arguments = _arguments()
    plan = Plan(
        jobs=arguments.jobs,
        seconds=arguments.seconds or arguments.jobs / JOBS_PER_S,
        seed=arguments.seed,
        database=arguments.database,
        lease_s=arguments.lease,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that everybody is cleared away
    with _home(keep=arguments.keep) as home:
        verdict = run(plan, home)
    holds = verdict.holds(arguments.recovered_within)
    print(verdict.in_words())
    print("the promises hold" if holds else "A PROMISE IS BROKEN")
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(verdict), indent=2) + "\n")
    sys.exit(0 if holds else 1)


def run(plan: Plan, home: Path) -> Verdict:
    """The whole story in an empty folder."""
    with ExitStack() as stack:
        cast = stack.enter_context(
            chaos_cast.staged(home, plan.database, plan.lease_s, **_pace(plan))
        )
        watch = Watch()
        watch.start()
        stack.callback(watch.stop)
        heard = stack.enter_context(receivers())
        _until_ready(cast, watch)
        began = time.monotonic()
        faults = _wreck(plan, cast, watch, heard)
        seconds = time.monotonic() - began
        cast.drain()
        return judged(
            cast, watch, heard, seed=plan.seed, jobs=plan.jobs, faults=faults, seconds=seconds
        )


def _pace(plan: Plan) -> dict[str, float]:
    """Hands linger so long over a job that most of them hold one whenever something breaks."""
    hands = chaos_cast.WORKERS * chaos_cast.HANDS
    return {"dwell_s": min(LONGEST_DWELL_S, BUSY_SHARE * hands * plan.seconds / plan.jobs)}


def _until_ready(cast: Cast, watch: Watch) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    with cast.client() as client:
        while not (watch.ready >= cast.working() and client.ready()):
            if time.monotonic() > give_up:
                raise TimeoutError(f"not everybody was ready; the logs in {cast.home} say why")
            cast.tend()
            time.sleep(_TICK_S)


def _wreck(plan: Plan, cast: Cast, watch: Watch, heard: Heard) -> dict[str, int]:
    """Submit and break until everything is submitted, then mend and wait; the faults done."""
    gap_s = min(max(GAP_S[0], plan.seconds / (KINDS + 4)), GAP_S[1])
    director = Director(
        cast,
        watch,
        seed=plan.seed,
        gap_s=gap_s,
        lease_s=plan.lease_s,
        is_long=plan.seconds > LONG_S,
    )
    storefronts = Storefronts(
        client=cast.client,
        broker_url=worker_settings.get().broker(),
        seed=plan.seed,
        jobs=plan.jobs,
        seconds=plan.seconds,
    )
    storefronts.start()
    progress = Progress(cast, storefronts, watch, director, heard)
    while not storefronts.done() or progress.seconds() < plan.seconds:
        director.act()
        if not _goes_on(cast, progress):
            break
    while not director.calm() or watch.open or len(heard.jobs) < plan.jobs:
        if not _goes_on(cast, progress):
            break
    storefronts.stop()
    for number, reason in storefronts.refused.items():
        print(f"job {number} was refused for good: {reason}")
    return dict(director.done)


def _goes_on(cast: Cast, progress: Progress) -> bool:
    """One tick; False when nothing has moved for too long."""
    cast.tend()
    progress.tell()
    time.sleep(_TICK_S)
    return progress.stands_still_s() < PATIENCE_S


@contextmanager
def _home(*, keep: bool) -> Iterator[Path]:
    """A folder that others may look into: PostgreSQL runs as somebody else."""
    home = Path(tempfile.mkdtemp(prefix="packshot-chaos-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        engine.dispose()
        if keep:
            print(f"everything is in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, help=f"submit for so long ({JOBS_PER_S:g} jobs/s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--lease", type=float, default=3.0, help="WORKER_LEASE_S, in seconds")
    parser.add_argument(
        "--recovered-within",
        type=float,
        default=RECOVERED_WITHIN_S,
        metavar="S",
        help=f"for a machine that stalls by itself; we promise {RECOVERED_WITHIN_S:g} s",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts there")
    parser.add_argument("--keep", action="store_true", help="keep rows, bytes and logs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
