"""The verdict: every row and every delivered byte against what was asked for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks import chaos_load
from benchmarks.chaos_watch import Watch
from db import blobs
from db.engine import reading
from db.tables.jobs import SUCCEEDED, Attempt, Job
from db.tables.results import Result
from db.transitions import SOLO_FROM_CRASH
from models import labels

AT_A_TIME = 500


@dataclass(slots=True)
class Found:
    """What the archive holds after the chaos.

    Attributes:
        results: results of jobs that somebody submitted.
        lost: numbers without a succeeded result.
        doubled: numbers with a second job, a second success or a second result; and jobs of nobody.
        mixed: numbers whose result shows another picture or carries another job's label.
        states: how many jobs ended how.
    """

    results: int = 0
    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    mixed: set[str] = field(default_factory=set)
    states: Counter[str] = field(default_factory=Counter)


def check(*, seed: int, jobs: int) -> Found:
    """Everything that was submitted, against everything that is there."""
    found = Found()
    asked = {chaos_load.key(seed, number): number for number in range(jobs)}
    seen: Counter[str] = Counter()
    for page in _pages():
        for job, results, successes in page:
            name = job.external_id or ""
            seen[name] += 1
            found.states[job.state] += 1
            found.results += len(results)
            if name not in asked or len(results) > 1 or successes > 1:
                found.doubled.add(name)
            elif job.state != SUCCEEDED or not results:
                found.lost.add(name)
            elif not _is_its_own(job, results[0], chaos_load.colours(seed, asked[name])):
                found.mixed.add(name)
    found.lost |= set(asked) - set(seen)
    found.doubled |= {name for name, count in seen.items() if count > 1}
    return found


@dataclass(frozen=True, slots=True, order=True)
class Recovery:
    """From a lease's end to the next claim, while the database was there.

    Whoever is `solo` (two workers died of it) waits for a process that does nothing else.
    """

    solo: bool
    seconds: float
    job_id: str
    ran_out_at: datetime
    claimed_at: datetime


def recoveries(watch: Watch, offsets: dict[str, float]) -> list[Recovery]:
    """Of each lease that ran out, fastest first, and the solo ones last.

    Args:
        watch: who saw when each lease was to run out.
        offsets: how far each worker's clock is ahead, by its id.
    """
    found = []
    losses: Counter[str] = Counter()
    with reading() as session:
        for swept, claimed in _swept_and_claimed_again(session):
            losses[swept.job_id] += 1
            expiry = watch.expiries.get((swept.job_id, swept.lease_token))
            if expiry is None:
                continue  # nobody saw it: it was claimed and swept while the database was away
            at = claimed.started_at.timestamp() - offsets.get(claimed.worker, 0.0)
            moment = datetime.fromtimestamp(at, expiry.tzinfo)
            late_s = (moment - expiry).total_seconds()
            seconds = max(0.0, late_s - watch.away_s(expiry, moment))
            is_solo = losses[swept.job_id] >= SOLO_FROM_CRASH
            found.append(Recovery(is_solo, seconds, swept.job_id, expiry, moment))
    return sorted(found)


def _pages() -> Iterator[list[tuple[Job, list[Result], int]]]:
    last = ""
    while True:
        with reading() as session:
            jobs = session.scalars(
                select(Job).where(Job.id > last).order_by(Job.id).limit(AT_A_TIME)
            ).all()
            ids = [job.id for job in jobs]
            results = session.scalars(select(Result).where(Result.job_id.in_(ids))).all()
            succeeded = Counter(
                session.scalars(
                    select(Attempt.job_id).where(
                        Attempt.job_id.in_(ids), Attempt.outcome == SUCCEEDED
                    )
                )
            )
        if not jobs:
            return
        by_job: dict[str, list[Result]] = {}
        for result in results:
            by_job.setdefault(result.job_id, []).append(result)
        yield [(job, by_job.get(job.id, []), succeeded[job.id]) for job in jobs]
        last = ids[-1]


def _is_its_own(job: Job, result: Result, colours: bytes) -> bool:
    """Whether the delivered file shows this job's picture, says so, and is its winner's."""
    data = blobs.get(result.tenant, result.blob_key)
    label = labels.read(data)
    return (
        chaos_load.colours_of(data) == colours
        and label is not None
        and label.job_id == job.id
        and result.lease_token == job.lease_token
    )


def _swept_and_claimed_again(session: Session) -> Iterator[tuple[Attempt, Attempt]]:
    """Each try whose lease ran out, and the try after it."""
    lost = select(Attempt.job_id).where(Attempt.outcome == "swept")
    in_order = (Attempt.job_id, Attempt.lease_token)
    tries = session.scalars(select(Attempt).where(Attempt.job_id.in_(lost)).order_by(*in_order))
    before: Attempt | None = None
    for attempt in tries:
        if before is not None and before.job_id == attempt.job_id and before.outcome == "swept":
            yield before, attempt
        before = attempt
