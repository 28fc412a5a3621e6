"""What was lost is found again, by one sweeper at a time."""

import threading

import pytest

from db import clock, fleet
from db.engine import reading, transaction
from db.tables.batches import Batch
from db.tables.workers import Lock, Worker
from tests import rows
from workers import sweeper
from workers.sweeper import Sweeper

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queues: list[str] = []
    monkeypatch.setattr("workers.sweeper.queues.ring", queues.append)
    return queues


def _worker(worker_id: str, *, seen_ago_s: float, state: str = "ready") -> None:
    last_seen_at = clock.seconds_from_now(-seen_ago_s)
    rows.worker(worker_id, state=state, in_flight=3, last_seen_at=last_seen_at)


def _states() -> dict[str, tuple[str, int]]:
    with reading() as session:
        return {one.id: (one.state, one.in_flight) for one in session.query(Worker)}


def test_the_queues_that_got_work_back_are_named():
    rows.lease_ran_out(rows.running().job_id)

    assert sweeper.sweep() == {"gpu"}
    assert sweeper.sweep() == set()


def test_a_job_that_died_gives_its_queue_no_work():
    rows.lease_ran_out(rows.running(crash_count=3).job_id)

    assert sweeper.sweep() == set()


def test_deadlines_that_passed_are_found_too():
    late = rows.queued(deadline_at=clock.seconds_from_now(-1))

    sweeper.sweep()

    assert rows.read(late).error_code == "deadline"


def test_a_worker_unseen_for_three_beats_is_lost():
    _worker("silent", seen_ago_s=sweeper.LOST_AFTER_S + 1)
    _worker("lively", seen_ago_s=sweeper.LOST_AFTER_S - 5)
    _worker("gone", seen_ago_s=9_999, state="stopped")

    sweeper.sweep()

    assert _states() == {"silent": ("lost", 0), "lively": ("ready", 3), "gone": ("stopped", 3)}


def test_a_worker_that_was_only_slow_comes_back_with_its_next_beat():
    _worker("slow", seen_ago_s=9_999)
    sweeper.sweep()

    with transaction() as session:
        fleet.beat(session, "slow", state="ready", in_flight=1)
    sweeper.sweep()

    assert _states() == {"slow": ("ready", 1)}


def test_only_the_leader_sweeps(rung: list[str]):
    first, second = Sweeper("first"), Sweeper("second")
    first._look()
    lost = rows.running().job_id
    rows.lease_ran_out(lost)

    second._look()
    assert rows.read(lost).state == "running"
    first._look()

    assert rows.read(lost).state == "queued"
    assert rung == ["gpu"]


def test_another_leads_when_the_leader_is_silent(rung: list[str]):
    Sweeper("first")._look()
    rows.lease_ran_out(rows.running().job_id)
    with transaction() as session:
        session.get_one(Lock, "sweeper").expires_at = clock.seconds_from_now(-0.1)

    Sweeper("second")._look()

    assert rung == ["gpu"]
    with reading() as session:
        assert session.get_one(Lock, "sweeper").owner == "second"


def test_after_a_time_in_which_nobody_could_renew_a_lease_it_holds_off(
    rung: list[str], monkeypatch: pytest.MonkeyPatch
):
    waking = Sweeper("first")
    waking._look()
    lost = rows.running().job_id
    rows.lease_ran_out(lost)
    waking._looked_at -= 60  # the database was away, or this process was frozen

    waking._look()
    assert rows.read(lost).state == "running"
    waking._acts_from = 0.0
    waking._look()

    assert rows.read(lost).state == "queued"


def test_a_batch_whose_last_job_was_lost_is_closed_all_the_same():
    lease = rows.running(crash_count=3)
    batch_id = rows.batch_of([lease.job_id])
    rows.lease_ran_out(lease.job_id)

    sweeper.sweep()

    with reading() as session:
        assert session.get_one(Batch, batch_id).finished_at is not None


def test_a_step_that_fails_keeps_nobody_else_from_being_found(monkeypatch: pytest.MonkeyPatch):
    lost = rows.running().job_id
    rows.lease_ran_out(lost)

    def ails(_session: object) -> None:
        raise ValueError("of one batch that cannot be told")

    monkeypatch.setattr(sweeper.batches, "close_finished", ails)

    assert sweeper.sweep() == {"gpu"}
    assert rows.read(lost).state == "queued"


def test_of_many_that_want_to_lead_one_does():
    together = threading.Barrier(8)
    leaders: list[str] = []

    def want(name: str) -> None:
        together.wait()
        with transaction() as session:
            if fleet.lead(session, "sweeper", name, seconds=60):
                leaders.append(name)

    threads = [threading.Thread(target=want, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(leaders) == 1


def test_its_thread_sweeps_by_its_own_clock(rung: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sweeper, "EVERY_S", 0.01)
    lost = rows.running().job_id
    rows.lease_ran_out(lost)
    running = Sweeper("first")

    running.start()
    for _ in range(500):
        if rung:
            break
        running._stop.wait(0.01)
    running.stop()
    running._thread.join(5)

    assert rows.read(lost).state == "queued"
