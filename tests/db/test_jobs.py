"""Jobs as their callers see them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from db import clock, jobs, transitions
from db.engine import reading, transaction
from db.ids import new_id
from db.operations.order import parse
from db.tables.jobs import Job, JobInput
from tests import factories, rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")

SECOND = "0190a0b0-0000-7000-8000-000000000002"


def _create(op: str = "upscale", *, tenant: str = TENANT, key: str | None = None, **envelope: Any):
    with transaction() as session:
        return jobs.create(session, tenant, rows.order(op, **envelope), idempotency_key=key)


def _count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_a_new_job_waits_in_the_queue_of_its_operation_with_everything_it_was_asked():
    made = _create(
        "denoise",
        operation={"engine": "classical", "sigma": 20},
        sku="shoe-1",
        channel="web",
        external_id="order-7",
        priority=2,
        timeout_s=42,
    )

    job = rows.read(made.job.id)
    assert made.new
    assert (job.state, job.op, job.queue, job.attempt) == ("queued", "denoise", "gpu", 0)
    assert (job.sku, job.channel, job.external_id) == ("shoe-1", "web", "order-7")
    assert (job.priority, job.timeout_s, job.revision) == (2, 42.0, 1)
    assert (job.max_attempts, job.crash_count, job.solo) == (3, 0, False)
    assert parse(job.request.encode()).operation.model_dump()["sigma"] == 20


def test_a_job_without_a_timeout_has_its_operations_own():
    assert rows.read(_create().job.id).timeout_s == 900
    train = {"dataset": "shoes", "network": "vae"}
    assert rows.read(_create("train", operation=train).job.id).timeout_s == 86_400


def test_a_job_to_run_later_is_scheduled_to_the_microsecond():
    made = _create(run_after="2030-01-02T03:04:05.123456+02:00")

    scheduled = rows.read(made.job.id).scheduled_at
    assert scheduled.isoformat() == "2030-01-02T01:04:05.123456+00:00"


def test_which_picture_was_used_for_what_is_written_down():
    made = _create(reference=SECOND, mask=SECOND)

    with reading() as session:
        inputs = session.scalars(select(JobInput).where(JobInput.job_id == made.job.id)).all()
    assert {one.role: one.picture_id for one in inputs} == {
        "picture": factories.NOWHERE,
        "order.reference": SECOND,
        "order.mask": SECOND,
    }


def test_a_seed_that_was_asked_for_is_kept_and_another_is_drawn():
    asked = _create("sample", operation={"seed": 7})
    smallest = _create("sample", operation={"seed": 0})
    drawn = {rows.read(_create("sample").job.id).seed for _ in range(5)}

    assert rows.read(asked.job.id).seed == 7
    assert rows.read(smallest.job.id).seed == 0
    assert len(drawn) == 5
    assert all(0 <= seed < 2**32 for seed in drawn)


def test_the_largest_seed_fits_the_column():
    made = _create("sample", operation={"seed": 2**32 - 1})

    assert rows.read(made.job.id).seed == 2**32 - 1


def test_the_same_key_and_request_give_the_job_that_is_there():
    first, second = _create(key="k", sku="a"), _create(key="k", sku="a")

    assert (first.new, second.new) == (True, False)
    assert second.job.id == first.job.id
    assert _count() == 1


def test_the_seed_of_a_repeated_request_is_the_first_ones():
    first, second = _create("sample", key="k"), _create("sample", key="k")

    assert second.job.seed == first.job.seed


def test_the_same_key_for_another_request_is_refused():
    _create(key="k", sku="a")

    with pytest.raises(jobs.IdempotencyKeyReused, match="'k'"):
        _create(key="k", sku="b")
    assert _count() == 1


def test_a_key_belongs_to_its_tenant():
    mine, theirs = _create(key="k"), _create(key="k", tenant="another", sku="b")

    assert theirs.new
    assert mine.job.id != theirs.job.id


def test_requests_without_a_key_are_jobs_of_their_own():
    assert _create().job.id != _create().job.id


def test_a_finished_job_still_answers_for_its_key():
    made = _create(key="k")
    (job,) = rows.claim()
    with transaction() as session:
        transitions.succeed(session, rows.lease_of(job))

    again = _create(key="k")

    assert (again.new, again.job.id, again.job.state) == (False, made.job.id, "succeeded")


def test_fifty_threads_with_one_key_make_one_job():
    together = threading.Barrier(50)

    def ask(_: int) -> tuple[str, bool]:
        together.wait()
        made = _create(key="k")
        return made.job.id, made.new

    # Thirty connections at most on PostgreSQL: the others wait for theirs.
    with ThreadPoolExecutor(50) as pool:
        made = list(pool.map(ask, range(50)))

    assert len({job_id for job_id, _ in made}) == 1
    assert sum(new for _, new in made) == 1
    assert _count() == 1


def test_a_job_is_found_by_its_tenant_alone():
    made = _create()

    with reading() as session:
        found = jobs.find(session, TENANT, made.job.id)
        assert found is not None
        assert found.id == made.job.id
        assert jobs.find(session, "another", made.job.id) is None
        assert jobs.find(session, TENANT, new_id()) is None


def _page(**wanted: Any) -> list[Job]:
    with reading() as session:
        return list(jobs.page(session, TENANT, **{"limit": 100, **wanted}))


def test_pages_hold_every_job_once_newest_first_also_those_of_one_moment():
    made = [_create().job.id for _ in range(7)]
    for job_id in made[2:5]:
        rows.change(job_id, created_at=rows.read(made[2]).created_at)
    _create(tenant="another")

    seen: list[Job] = []
    while page := _page(limit=2, after=(seen[-1].created_at, seen[-1].id) if seen else None):
        assert len(page) <= 2
        seen += page

    assert [job.id for job in seen] == sorted(
        made, key=lambda job_id: (rows.read(job_id).created_at, job_id), reverse=True
    )


@pytest.mark.parametrize(
    "wanted",
    [{"op": "denoise"}, {"sku": "shoe"}, {"external_id": "order-7"}, {"state": "cancelled"}],
    ids=lambda wanted: next(iter(wanted)),
)
def test_a_page_is_narrowed_by_what_is_asked(wanted: dict[str, str]):
    _create()
    match = _create(
        "denoise", operation={"engine": "classical"}, sku="shoe", external_id="order-7"
    ).job.id
    with transaction() as session:
        jobs.cancel(session, TENANT, match)

    assert [job.id for job in _page(**wanted)] == [match]


def test_a_job_made_again_remembers_which_it_repeats():
    first = _create()

    with transaction() as session:
        again = jobs.create(session, TENANT, rows.order(), retry_of=first.job.id)

    assert rows.read(again.job.id).retry_of == first.job.id
    assert again.job.id != first.job.id


def test_times_come_back_aware_and_in_utc():
    job = rows.read(_create().job.id)

    with reading() as session:
        now = session.scalar(select(clock.now()))
    assert job.created_at.utcoffset() is not None
    assert abs((now - job.created_at).total_seconds()) < 60
