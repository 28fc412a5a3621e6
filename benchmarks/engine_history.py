"""What one claim and one page of jobs cost, with little and with much history in the table."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

from benchmarks.engine_archives import Archive
from benchmarks.engine_fill import TENANT
from db import jobs, line, queues, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.union import OPERATIONS

PAGE: Final = 50
_WARM_UPS: Final = 5

Seconds = list[float]

# What must not grow with what waits, either.
OF_THE_LINE: Final = ("look at the line", "look for solo jobs", "one claim")


def measure(
    archives: Sequence[Archive], names: Collection[str], *, rounds: int, each: int
) -> dict[str, list[Seconds]]:
    """By question, for each archive, how long it took each time; the archives take turns."""
    found = {name: [Seconds() for _ in archives] for name in names}
    for _ in range(rounds):
        for place, archive in enumerate(archives):
            archive.enter()
            for name in names:
                ask = QUESTIONS[name]
                for _ in range(_WARM_UPS):
                    ask()
                found[name][place] += [ask() for _ in range(each)]
    return found


def _claim() -> float:
    """One claim of one job as the feeder does it; it goes back in line, unmeasured."""
    since = time.perf_counter()
    with transaction() as session:
        chosen = line.following(session, "gpu", known=OPERATIONS, most=1)
        (job,) = transitions.claim(session, chosen, owner="benchmark", device="cpu", lease_s=60.0)
    seconds = time.perf_counter() - since
    with transaction() as session:
        transitions.release(session, Lease(job.id, "benchmark", job.lease_token))
    return seconds


def _is_due() -> float:
    """What an idle worker asks every second."""
    since = time.perf_counter()
    with reading() as session:
        line.is_due(session, "gpu")
    return time.perf_counter() - since


def _alone() -> float:
    """What comes before every claim."""
    since = time.perf_counter()
    with transaction() as session:
        line.alone(session, "gpu", known=OPERATIONS)
    return time.perf_counter() - since


def _page(state: str | None) -> Callable[[], float]:
    def ask() -> float:
        since = time.perf_counter()
        with reading() as session:
            jobs.page(session, TENANT, limit=PAGE + 1, state=state)
        return time.perf_counter() - since

    return ask


def _depths() -> float:
    since = time.perf_counter()
    with reading() as session:
        queues.depths(session)
    return time.perf_counter() - since


QUESTIONS: Final[dict[str, Callable[[], float]]] = {
    "look at the line": _is_due,
    "look for solo jobs": _alone,
    "one claim": _claim,
    f"page of {PAGE} jobs": _page(None),
    f"page of {PAGE} queued": _page("queued"),
    f"page of {PAGE} failed": _page("failed"),
    f"page of {PAGE} succeeded": _page("succeeded"),
    "depths of all queues": _depths,
}
