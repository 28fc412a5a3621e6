"""What has had its time goes, and nothing that somebody still needs."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, update

from db import clock, collector, retention
from db.engine import reading, transaction
from db.ids import new_id
from db.settings import DbSettings
from db.tables.all import (
    ApiKey,
    Attempt,
    Batch,
    BatchLine,
    Delivery,
    DeliveryAttempt,
    Epoch,
    Job,
    JobInput,
    Result,
    Row,
    Tenant,
    Version,
    Worker,
)
from tests import explained, kept, rows

pytestmark = pytest.mark.usefixtures("archive")
DAY_S = retention.DAY_S


def _count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _ended(job_id: str, *, days_ago: float = 40) -> str:
    """The job ended so long ago."""
    when = clock.seconds_from_now(-days_ago * DAY_S)
    rows.change(job_id, state="succeeded", lease_owner=None, finished_at=when)
    return job_id


def _pruned(prune: Callable[..., int] = retention.prune_jobs, **how: float) -> int:
    with transaction() as session:
        return prune(session, **({"days": 30} | how))


def test_a_job_that_ended_long_ago_goes_with_all_that_hangs_on_it():
    picture = kept.picture()
    job_id, _ = kept.made(picture, data=b"better", mask=b"mask")
    with transaction() as session:
        session.add(_epoch(job_id))
    _delivery(job_id)
    _ended(job_id)

    assert _pruned() == 1

    for table in (Job, JobInput, Attempt, Result, Epoch, Delivery, DeliveryAttempt):
        assert _count(table) == 0, table


def test_bytes_of_a_pruned_job_are_collected_and_its_picture_stays():
    picture = kept.picture(b"shoe")
    job_id, _ = kept.made(picture, data=b"better", mask=b"mask")
    kept.a_day_passes()
    collector.collect()  # all of them were seen to be needed
    _ended(job_id)

    _pruned()
    collector.collect()

    assert [kept.is_kept(data) for data in (b"shoe", b"better", b"mask")] == [True, False, False]


def test_jobs_that_ended_lately_or_not_at_all_stay():
    _ended(rows.queued(), days_ago=29)
    rows.running()
    rows.queued()

    assert _pruned() == 0
    assert _count(Job) == 3


def test_the_oldest_few_go_first():
    ages = {_ended(rows.queued(), days_ago=days): days for days in (40, 90, 60)}

    assert _pruned(most=2) == 2

    with reading() as session:
        assert [ages[job_id] for job_id in session.scalars(select(Job.id))] == [40]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_job_stays_while_an_open_one_works_on_its_result(state: str):
    job_id, result_id = kept.made(kept.picture())
    _ended(job_id)
    later = kept.job(result_id)
    if state == "running":
        rows.claim()

    assert _pruned() == 0

    _ended(later, days_ago=1)
    assert _pruned() == 1


def test_a_job_stays_while_the_version_that_it_trained_is_there():
    job_id = _ended(rows.queued())
    kept.version(b"weights", job_id=job_id)

    assert _pruned() == 0
    assert _count(Version) == 1


def test_a_job_stays_until_its_batch_has_counted_it():
    batch_id = _batch(finished_days_ago=None)
    _ended(rows.queued(batch_id=batch_id))

    assert _pruned() == 0

    with transaction() as session:
        session.execute(update(Batch).values(finished_at=clock.now()))
    assert _pruned() == 1
    assert _count(Batch) == 1


def test_the_key_of_a_pruned_job_is_free_again():
    job_id = _ended(rows.queued(idempotency_key="again"))

    _pruned()

    assert rows.queued(idempotency_key="again") != job_id


def test_a_batch_that_was_over_long_ago_goes_with_its_lines():
    _batch(finished_days_ago=40)
    _batch(finished_days_ago=20)
    _batch(finished_days_ago=None)

    assert _pruned(retention.prune_batches) == 1
    assert (_count(Batch), _count(BatchLine)) == (2, 2)


def test_webhooks_that_are_over_go_and_those_on_their_way_stay():
    _delivery("one", finished_days_ago=40)
    _delivery("two", finished_days_ago=20)
    _delivery("three", finished_days_ago=None)

    assert _pruned(retention.prune_deliveries) == 1
    assert (_count(Delivery), _count(DeliveryAttempt)) == (2, 2)


def test_processes_that_are_gone_for_a_week_are_forgotten():
    for state, days in (("lost", 8), ("stopped", 8), ("lost", 6), ("ready", 8)):
        _worker(state, days)

    with transaction() as session:
        assert retention.prune_workers(session) == 2
    assert _count(Worker) == 2


def test_keys_that_open_nothing_for_ninety_days_are_forgotten():
    with transaction() as session:
        session.add(Tenant(name=rows.TENANT, created_at=clock.now()))
    for columns in (
        {"expires_at": -91},
        {"revoked_at": -91},
        {"expires_at": -89},
        {"revoked_at": -89},
        {"expires_at": 1},
        {},
    ):
        _key(columns)

    with transaction() as session:
        assert retention.prune_keys(session) == 2
    assert _count(ApiKey) == 4


@pytest.mark.parametrize(
    ("prune", "index"),
    [
        (retention.prune_jobs, "ix_job_finished_at"),
        (retention.prune_batches, "ix_batch_over"),
        (retention.prune_deliveries, "ix_delivery_over"),
    ],
)
def test_no_question_reads_a_whole_table(prune: Callable[..., int], index: str):
    job_id, _ = kept.made(kept.picture())
    _ended(job_id)
    _batch(finished_days_ago=40)
    _delivery(job_id, finished_days_ago=40)

    with explained.heard() as asked:
        assert _pruned(prune) == 1

    assert explained.read_whole(asked) == []
    assert index in explained.indexes(asked)


@pytest.mark.parametrize("days", [0.5, 0.99, -1, float("nan"), float("inf")])
def test_jobs_cannot_be_kept_for_less_than_their_keys_are_promised(days: float):
    with pytest.raises(ValidationError, match="keep_jobs_days"):
        DbSettings(keep_jobs_days=days)


@pytest.mark.parametrize("days", [0, 1, 30.5])
def test_jobs_can_be_kept_for_a_day_or_longer_or_for_ever(days: float):
    assert DbSettings(keep_jobs_days=days).keep_jobs_days == days


def _epoch(job_id: str) -> Epoch:
    numbers = {"number": 1, "learning_rate": 0.1, "seconds": 1.0, "images_per_s": 1.0}
    return Epoch(job_id=job_id, losses={}, created_at=clock.now(), **numbers)


def _delivery(subject: str, *, finished_days_ago: float | None = 0) -> None:
    over = finished_days_ago is not None
    finished = clock.seconds_from_now(-(finished_days_ago or 0) * DAY_S) if over else None
    with transaction() as session:
        row = Delivery(
            id=new_id(),
            tenant=rows.TENANT,
            url="https://shop.example/hook",
            host="shop.example",
            event="job.succeeded",
            subject=subject,
            body="{}",
            state="delivered" if over else "pending",
            due_at=clock.now(),
            created_at=clock.now(),
            finished_at=finished,
        )
        session.add(row)
        session.flush()
        times = {"started_at": clock.now(), "ended_at": clock.now()}
        session.add(DeliveryAttempt(delivery_id=row.id, number=1, status=200, **times))


def _batch(*, finished_days_ago: float | None) -> str:
    batch_id, over = new_id(), finished_days_ago is not None
    finished = clock.seconds_from_now(-(finished_days_ago or 0) * DAY_S) if over else None
    with transaction() as session:
        counted = {"lines": 1, "refused": 0, "request_sha256": "0" * 64}
        when = {"created_at": clock.now(), "finished_at": finished}
        session.add(Batch(id=batch_id, tenant=rows.TENANT, **counted, **when))
        session.flush()
        session.add(BatchLine(batch_id=batch_id, number=1))
    return batch_id


def _worker(state: str, days_ago: float) -> None:
    seen = clock.seconds_from_now(-days_ago * DAY_S)
    who = {"id": new_id(), "host": "h", "pid": 1, "device": "cpu", "queues": ["gpu"], "build": "b"}
    with transaction() as session:
        session.add(Worker(state=state, started_at=seen, last_seen_at=seen, **who))


def _key(days: dict[str, float]) -> None:
    times = {name: clock.seconds_from_now(number * DAY_S) for name, number in days.items()}
    what = {"name": "key", "secret_sha256": "0" * 64, "scopes": [], "created_at": clock.now()}
    with transaction() as session:
        session.add(ApiKey(id=new_id()[-16:], tenant=rows.TENANT, **what, **times))
