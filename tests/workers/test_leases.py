"""The jobs a process holds: renewed, cancelled, lost, and held again."""

import pytest
from sqlalchemy import select

from db import clock, jobs, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.tables.workers import Worker
from tests import rows
from workers.failures import Cancelled, LeaseLost, Permanent
from workers.leases import Leases

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def leases(home: object) -> Leases:
    rows.worker()
    return Leases("worker", lease_s=60, state=lambda: "ready")


def _held(leases: Leases) -> Lease:
    lease = rows.running()
    leases.hold(lease)
    return lease


def _expires_in_s(lease: Lease) -> float:
    with reading() as session:
        now = session.scalar(select(clock.now()))
    expires = rows.read(lease.job_id).lease_expires_at
    assert expires is not None
    return (expires - now).total_seconds()


def test_a_job_that_is_held_goes_on(leases: Leases):
    lease = _held(leases)

    leases._look_for_stops()
    leases._renew()

    leases.check(lease)
    assert leases.held() == [lease]


def test_held_leases_are_renewed(leases: Leases):
    lease = _held(leases)
    rows.change(lease.job_id, lease_expires_at=clock.seconds_from_now(1))

    leases._renew()

    assert _expires_in_s(lease) == pytest.approx(60, abs=3)


def test_a_lease_that_was_let_go_is_not_renewed(leases: Leases):
    lease = _held(leases)
    rows.change(lease.job_id, lease_expires_at=clock.seconds_from_now(1))

    leases.let_go(lease)
    leases._renew()

    assert _expires_in_s(lease) < 2
    assert leases.held() == []


def test_a_cancel_reaches_the_hand_of_that_job_alone(leases: Leases):
    asked, other = _held(leases), _held(leases)
    with transaction() as session:
        jobs.cancel(session, rows.TENANT, asked.job_id)

    leases._look_for_stops()

    with pytest.raises(Cancelled):
        leases.check(asked)
    leases.check(other)


def test_a_swept_job_is_lost_to_its_hand(leases: Leases):
    lost, other = _held(leases), _held(leases)
    rows.lease_ran_out(lost.job_id)
    with transaction() as session:
        transitions.sweep(session)

    leases._renew()

    with pytest.raises(LeaseLost):
        leases.check(lost)
    leases.check(other)


def test_a_job_that_just_finished_is_not_called_lost(leases: Leases):
    lease = _held(leases)
    with transaction() as session:
        transitions.succeed(session, lease)
    leases.let_go(lease)

    leases._renew()

    leases.check(lease)


def test_a_job_over_its_time_is_no_longer_renewed_and_lost_once_it_is_swept(leases: Leases):
    lease = _held(leases)
    rows.ran_over_its_time(lease.job_id)

    leases._renew()
    leases.check(lease)
    with transaction() as session:
        transitions.sweep(session)
    leases._renew()

    with pytest.raises(LeaseLost):
        leases.check(lease)


def test_a_job_that_comes_back_to_the_process_that_lost_it_is_held_under_its_new_lease(
    leases: Leases,
):
    old = _held(leases)
    rows.lease_ran_out(old.job_id)
    with transaction() as session:
        transitions.sweep(session)
    leases._renew()
    (job,) = rows.claim(owner="worker")
    new = rows.lease_of(job)
    leases.hold(new)

    leases.check(new)
    with pytest.raises(LeaseLost):
        leases.check(old)
    leases.let_go(old)

    assert leases.held() == [new]
    rows.change(new.job_id, lease_expires_at=clock.seconds_from_now(1))
    leases._renew()
    assert _expires_in_s(new) == pytest.approx(60, abs=3)


def test_every_renewal_is_a_beat(leases: Leases):
    _held(leases)
    with transaction() as session:
        session.get_one(Worker, "worker").last_seen_at = clock.seconds_from_now(-50)

    leases._renew()

    with reading() as session:
        worker = session.get_one(Worker, "worker")
        seen_s = (session.scalar(select(clock.now())) - worker.last_seen_at).total_seconds()
    assert (worker.state, worker.in_flight) == ("ready", 1)
    assert seen_s < 5


def test_its_own_thread_renews_and_looks_for_cancels(
    leases: Leases, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("workers.leases.LOOK_EVERY_S", 0.01)
    lease = _held(leases)
    rows.change(lease.job_id, lease_expires_at=clock.seconds_from_now(1))
    with transaction() as session:
        jobs.cancel(session, rows.TENANT, lease.job_id)

    leases.start()
    try:
        _until_cancelled(leases, lease)
    finally:
        leases.stop()
        leases._thread.join(5)

    assert _expires_in_s(lease) == pytest.approx(60, abs=5)


def _until_cancelled(leases: Leases, lease: Lease) -> None:
    for _ in range(500):
        try:
            leases.check(lease)
        except Cancelled:
            return
        leases._stop.wait(0.01)
    raise AssertionError("the flag did not come back in five seconds")


def test_a_deadline_that_passes_ends_the_hands_work(leases: Leases):
    late, other = _held(leases), _held(leases)
    rows.change(late.job_id, deadline_at=clock.seconds_from_now(-1))

    leases._look_for_stops()

    with pytest.raises(Permanent) as found:
        leases.check(late)
    assert found.value.code == "deadline"
    leases.check(other)


def test_an_operators_wish_to_drain_is_heard_within_a_second():
    asked: list[str] = []
    leases = Leases(
        "worker",
        lease_s=60,
        state=lambda: "ready",
        on_drain_asked=lambda: asked.append("drain"),
    )
    rows.worker()
    leases._look_for_stops()
    assert asked == []

    with transaction() as session:
        session.get_one(Worker, "worker").drain_requested_at = clock.now()
    leases._look_for_stops()

    assert asked == ["drain"]
