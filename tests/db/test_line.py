"""Who is next: turns between tenants, caps, and a cost that does not grow with the backlog."""

from collections import Counter

import pytest
from sqlalchemy.orm import Session

from db import clock, line
from db.engine import reading, transaction
from db.operations.union import OPERATIONS
from db.tables.jobs import Queue
from db.tables.tenants import Tenant
from tests import explained, rows

pytestmark = pytest.mark.usefixtures("archive")


def _tenant(name: str, **caps: int) -> None:
    with transaction() as session:
        session.add(Tenant(name=name, created_at=clock.now(), **caps))


def _served(room: int) -> Counter[str]:
    return Counter(job.tenant for job in rows.claim(room=room))


def test_a_backlog_of_one_tenant_does_not_hold_up_another():
    rows.many(100, tenant="large")
    rows.many(3, tenant="small")

    assert _served(room=4) == {"large": 2, "small": 2}


def test_what_a_small_tenant_leaves_of_its_share_goes_to_the_others_next():
    rows.many(100, tenant="large")
    rows.many(1, tenant="small")

    assert _served(room=8) == {"large": 4, "small": 1}
    assert _served(room=3) == {"large": 3}


def test_with_room_for_one_tenants_take_turns():
    for tenant in ("a", "b", "c"):
        rows.many(4, tenant=tenant)

    turns = [next(iter(_served(room=1))) for _ in range(9)]

    assert Counter(turns) == {"a": 3, "b": 3, "c": 3}
    assert Counter(turns[:3]) == {"a": 1, "b": 1, "c": 1}


def test_priority_orders_within_a_tenant_and_does_not_overtake_another():
    rows.many(5, tenant="loud", envelope={"priority": 1})
    rows.many(5, tenant="quiet", envelope={"priority": 9})

    assert _served(room=4) == {"loud": 2, "quiet": 2}


def test_a_tenant_has_no_more_running_than_its_cap():
    _tenant("capped", max_running=2)
    rows.many(9, tenant="capped")
    rows.many(9, tenant="free")

    assert _served(room=8) == {"capped": 2, "free": 4}
    assert _served(room=2) == {"free": 2}


def test_delayed_jobs_of_an_urgent_priority_hide_nothing_that_is_due():
    rows.many(50, tenant="shop", envelope={"priority": 1}, scheduled_at=clock.seconds_from_now(600))
    (due,) = rows.many(1, tenant="shop", envelope={"priority": 5})

    assert [job.id for job in rows.claim(room=3)] == [due]


def test_something_is_due_only_when_a_claim_would_look_for_it():
    assert not _is_due("gpu")
    rows.queued(scheduled_at=clock.seconds_from_now(60))
    assert not _is_due("gpu")

    rows.queued()

    assert _is_due("gpu")
    assert not _is_due("cpu")


def test_in_a_paused_queue_nothing_is_due():
    rows.queued()
    rows.queued(solo=True)
    with transaction() as session:
        session.add(Queue(name="gpu", paused_at=clock.now()))

    assert not _is_due("gpu")
    assert rows.claim() == []
    assert rows.claim(solo=True) == []


def test_a_solo_job_calls_a_busy_process_to_rest_only_after_it_has_waited():
    rows.queued(solo=True, scheduled_at=clock.seconds_from_now(-20))

    assert _alone(waited_s=30.0) is None
    assert _alone(waited_s=10.0) is not None


def _is_due(queue: str) -> bool:
    with reading() as session:
        return line.is_due(session, queue)


def _alone(*, waited_s: float) -> line.Waiting | None:
    with transaction() as session:
        return line.alone(session, "gpu", known=OPERATIONS, waited_s=waited_s)


# Cost


def test_the_line_is_walked_by_its_index_and_never_read_whole():
    rows.history(20_000)
    for number in range(3):
        rows.many(400, tenant=f"tenant-{number}")
    explained.analyse()

    def ask(session: Session) -> None:
        line.is_due(session, "gpu")
        line.following(session, "gpu", known=OPERATIONS, most=8)
        line.alone(session, "gpu", known=OPERATIONS)

    with transaction() as session:
        found = explained.plans(session, ask)

    assert len(found) >= 4
    for plan in found:
        # Each step of the walk is a seek by tenant and priority, not a way through the tenant.
        assert "tenant>?)" not in plan or "tenant=? AND priority>?" in plan, plan
        assert not explained.reads_whole(plan, "job"), plan
        assert "ix_job_due" in plan or "ix_job_solo" in plan, plan
    assert "ix_job_solo" in found[-1], found[-1]
