"""How many jobs a tenant may have in line."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select

from db import batches, jobs, tenants
from db.engine import reading, transaction, writer
from db.ids import new_id
from db.jobs import QueueQuota
from db.tables.jobs import Job
from db.tables.tenants import Tenant
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def cap(most: int | None) -> None:
    with transaction() as session:
        tenants.ensure(session, TENANT)
        session.get_one(Tenant, TENANT).max_queued = most


def submit(key: str | None = None) -> str:
    with transaction() as session:
        return jobs.create(session, TENANT, rows.order(), idempotency_key=key).job.id


def submit_many(count: int) -> None:
    batch_id = new_id()
    drafts = [jobs.draft(TENANT, rows.order(), {}, batch_id=batch_id) for _ in range(count)]
    lines = [batches.Line(number, draft) for number, draft in enumerate(drafts, start=1)]
    with transaction() as session:
        batches.create(session, TENANT, lines, batch_id=batch_id, digest="d")


def queued() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(Job.state == "queued")) or 0


def test_a_job_too_many_is_refused_and_not_there() -> None:
    cap(2)
    submit()
    submit()

    with pytest.raises(QueueQuota, match="2 queued jobs"):
        submit()
    assert queued() == 2


def test_only_those_in_line_count() -> None:
    cap(1)
    submit()
    rows.claim()

    submit()

    assert queued() == 1


def test_a_batch_too_many_is_refused_whole() -> None:
    cap(3)
    submit()

    with pytest.raises(QueueQuota):
        submit_many(3)
    assert queued() == 1
    submit_many(2)
    assert queued() == 3


def test_a_repeated_request_is_answered_however_long_the_queue_is() -> None:
    cap(1)
    first = submit("k")

    assert submit("k") == first


def test_another_tenants_queue_does_not_count() -> None:
    cap(1)
    with transaction() as session:
        jobs.create(session, "another", rows.order())

    submit()

    assert queued() == 2


def test_a_cap_is_not_overrun_by_many_at_once() -> None:
    cap(5)
    together = threading.Barrier(12)

    def ask(_: int) -> bool:
        together.wait()
        try:
            submit()
        except QueueQuota:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(ask, range(12)))

    assert taken.count(True) == queued() == 5


def test_without_a_cap_nobody_counts_jobs() -> None:
    cap(None)
    asked: list[str] = []
    event.listen(writer(), "before_cursor_execute", lambda *given: asked.append(given[2].lower()))

    submit_many(2)

    assert not any("count(" in statement for statement in asked)
    assert any("insert into job " in statement for statement in asked)
