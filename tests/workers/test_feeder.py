"""The only claimer of a process: how much it takes, and what it fixes on the way."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from db import choosing, clock, line, transitions, versions
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.ids import new_id
from db.operations.union import OPERATIONS
from db.tables.jobs import Job
from tests import rows
from workers import feeder as feeder_module
from workers.committer import Committer
from workers.feeder import Feeder
from workers.hands import PIXELS
from workers.leases import Leases

pytestmark = pytest.mark.usefixtures("home")


class Hands:
    """Keeps each job until told otherwise, and then finishes it as a worker would."""

    def __init__(self) -> None:
        self.taken: list[Job] = []
        self.together = 0
        self.most_together = 0
        self.go = threading.Event()
        self._guard = threading.Lock()

    def perform(self, job: Job) -> None:
        with self._guard:
            self.taken.append(job)
            self.together += 1
            self.most_together = max(self.most_together, self.together)
        self.go.wait(20)
        with self._guard:
            self.together -= 1
        with transaction() as session:
            transitions.succeed(session, rows.lease_of(job))

    def wait_for(self, count: int) -> list[str]:
        for _ in range(1_000):
            if len(self.taken) >= count:
                return [job.id for job in self.taken]
            time.sleep(0.01)
        raise AssertionError(f"{len(self.taken)} of {count} jobs came")


@pytest.fixture
def hands() -> Iterator[Hands]:
    made = Hands()
    yield made
    made.go.set()


@pytest.fixture
def start(
    hands: Hands, home: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Feeder]]:
    # Looks that follow each other at once are a quarter of a second apart in these tests.
    monkeypatch.setattr(feeder_module, "ALONE_EVERY_S", 0.0)
    started: list[Feeder] = []

    def begin(*, count: int = 4, poll_s: float = 0.05, **given: Any) -> Feeder:
        feeder = Feeder(
            **{
                "worker_id": "worker",
                "device": "cpu",
                "queues": ["gpu"],
                "hands": count,
                "lease_s": 60,
                "poll_s": poll_s,
                "leases": Leases("worker", lease_s=60, state=lambda: "ready"),
                "perform": hands.perform,
                **given,
            }
        )
        started.append(feeder)
        return feeder

    yield begin
    hands.go.set()
    for feeder in started:
        feeder.stop_claiming()
        assert feeder.wait_until_idle(10)
        if feeder._thread.is_alive():
            feeder._thread.join(5)
        feeder._hands._pool.shutdown()


def _states(ids: list[str]) -> list[str]:
    return [rows.read(job_id).state for job_id in ids]


def _version(label: str, *, network: str = "gan") -> str:
    with transaction() as session:
        added = versions.add(
            session,
            tenant=SHIPPED,
            name=label,
            network=network,
            state="serving",
            weights_key=new_id(),
            card="{}",
        )
    return added.id


def test_no_more_is_claimed_than_there_are_hands(start: Callable[..., Feeder], hands: Hands):
    waiting = [rows.queued() for _ in range(5)]
    feeder = start(count=2)

    feeder._feed("gpu")
    feeder._feed("gpu")

    assert sorted(_states(waiting)) == ["queued"] * 3 + ["running"] * 2
    assert feeder.busy() == 2


def test_every_job_is_done_in_the_end_without_one_hand_too_many(
    start: Callable[..., Feeder], hands: Hands
):
    waiting = [rows.queued() for _ in range(20)]
    hands.go.set()
    feeder = start(count=3, poll_s=30)

    feeder.start()
    hands.wait_for(20)
    assert feeder.wait_until_idle(10)

    assert _states(waiting) == ["succeeded"] * 20
    assert 1 <= hands.most_together <= 3


def test_what_is_handed_over_is_held_first(start: Callable[..., Feeder], hands: Hands):
    leases = Leases("worker", lease_s=60, state=lambda: "ready")
    feeder = start(leases=leases)
    rows.queued()

    feeder._feed("gpu")
    hands.wait_for(1)

    assert leases.held() == [rows.lease_of(hands.taken[0])]


def test_a_wake_up_is_heard_at_once(start: Callable[..., Feeder], hands: Hands):
    feeder = start(poll_s=60)
    feeder.start()
    time.sleep(0.1)
    rows.queued()

    started = time.perf_counter()
    feeder.wake()
    hands.wait_for(1)

    assert time.perf_counter() - started < 5


def test_a_wake_up_that_was_lost_costs_one_look_of_its_own_clock(
    start: Callable[..., Feeder], hands: Hands
):
    feeder = start(poll_s=0.05)
    feeder.start()
    time.sleep(0.1)

    rows.queued()

    assert hands.wait_for(1)


def test_only_its_own_queues_are_looked_at(start: Callable[..., Feeder], hands: Hands):
    train = {"dataset": "shoes", "network": "vae"}
    other = rows.queued("train", envelope={"operation": train})
    mine = rows.queued()
    feeder = start(queues=["cpu", "gpu"])

    feeder.start()
    hands.wait_for(1)
    time.sleep(0.2)

    assert [job.id for job in hands.taken] == [mine]
    assert rows.read(other).state == "queued"


def test_nothing_is_claimed_once_it_was_told_to_stop(start: Callable[..., Feeder], hands: Hands):
    feeder = start(poll_s=0.01)
    feeder.start()
    feeder.stop_claiming()
    feeder._thread.join(5)

    job_id = rows.queued()
    feeder.wake()

    assert not feeder._thread.is_alive()
    assert rows.read(job_id).state == "queued"


def test_a_hand_whose_outcome_could_not_be_written_is_free_again(
    start: Callable[..., Feeder], hands: Hands
):
    def fail(job: Job) -> None:
        hands.taken.append(job)
        raise RuntimeError("the database is gone")

    feeder = start(count=1, perform=fail)
    ids = [rows.queued(), rows.queued()]

    feeder.start()
    hands.wait_for(2)

    assert feeder.wait_until_idle(5)
    assert _states(ids) == ["running", "running"]  # until the sweeper finds them


# Versions


def test_the_versions_are_fixed_at_the_claim(start: Callable[..., Feeder], hands: Hands):
    serving = _version("gan-fashion")
    job_id = rows.queued("sample")

    start()._feed("gpu")

    assert rows.read(job_id).versions == {"gan": serving}
    assert hands.wait_for(1) == [job_id]
    assert hands.taken[0].versions == {"gan": serving}


def test_the_next_attempt_keeps_the_versions_of_the_first(
    start: Callable[..., Feeder], hands: Hands
):
    first = _version("gan-fashion")
    job_id = rows.queued("sample")
    feeder = start(perform=lambda job: hands.taken.append(job))
    feeder._feed("gpu")
    hands.wait_for(1)
    newer = _version("gan-fashion")
    with transaction() as session:
        transitions.release(session, rows.lease_of(hands.taken[0]))

    feeder._feed("gpu")
    hands.wait_for(2)

    assert newer != first
    assert rows.read(job_id).versions == {"gan": first}
    assert hands.taken[1].versions == {"gan": first}


def test_a_version_that_does_not_exist_fails_the_job_and_not_its_neighbours(
    start: Callable[..., Feeder], hands: Hands
):
    bad = rows.queued("sample", envelope={"operation": {"version": "nobody@1"}})
    good = rows.queued()
    feeder = start()

    feeder._feed("gpu")

    assert hands.wait_for(1) == [good]
    job = rows.read(bad)
    assert (job.state, job.error_code) == ("failed", "version_not_found")
    assert "nobody@1" in (job.error_detail or "")
    assert feeder.busy() == 1


def test_a_request_that_this_build_cannot_read_fails_the_job(
    start: Callable[..., Feeder], hands: Hands
):
    bad = rows.queued(request='{"operation": {"op": "upscale", "scale": 16}}')

    start()._feed("gpu")

    assert (rows.read(bad).state, rows.read(bad).error_code) == ("failed", "request_invalid")


def test_an_operation_without_networks_is_noted_to_need_none(
    start: Callable[..., Feeder], hands: Hands
):
    job_id = rows.queued()

    start()._feed("gpu")

    assert rows.read(job_id).versions == {}


# Alone


def test_a_solo_job_waits_until_the_process_is_idle(start: Callable[..., Feeder], hands: Hands):
    feeder = start()
    rows.queued()
    feeder._feed("gpu")
    alone = rows.queued(solo=True)

    feeder._feed("gpu")

    assert rows.read(alone).state == "queued"
    hands.go.set()
    assert feeder.wait_until_idle(5)
    feeder._feed("gpu")
    assert rows.read(alone).state != "queued"


def test_nothing_is_claimed_beside_a_solo_job_until_it_ends(
    start: Callable[..., Feeder], hands: Hands
):
    feeder = start()
    rows.queued(solo=True)
    feeder._feed("gpu")
    other = rows.queued()

    assert not feeder._feed("gpu")
    assert rows.read(other).state == "queued"

    hands.go.set()
    assert feeder.wait_until_idle(5)
    feeder._feed("gpu")
    hands.wait_for(2)
    assert rows.read(other).state != "queued"


def test_one_solo_job_is_claimed_at_a_time(start: Callable[..., Feeder], hands: Hands):
    feeder = start()
    ids = [rows.queued(solo=True) for _ in range(3)]

    feeder._feed("gpu")
    feeder._feed("gpu")

    assert sorted(_states(ids)) == ["queued", "queued", "running"]


def test_under_a_steady_load_a_process_comes_to_rest_for_a_job_that_waited_long(
    start: Callable[..., Feeder], hands: Hands
):
    feeder = start(count=2)
    busy = rows.queued()
    feeder._feed("gpu")
    hands.wait_for(1)
    alone = rows.queued(solo=True, scheduled_at=clock.seconds_from_now(-3600))
    other = rows.queued()

    assert not feeder._feed("gpu")
    assert _states([busy, alone, other]) == ["running", "queued", "queued"]

    hands.go.set()
    assert feeder.wait_until_idle(5)
    feeder._feed("gpu")
    hands.wait_for(2)
    assert hands.taken[1].id == alone


def test_after_a_job_that_was_alone_it_is_the_others_turn(
    start: Callable[..., Feeder], hands: Hands
):
    feeder = start(count=2)
    hands.go.set()
    solos = [rows.queued(solo=True) for _ in range(2)]
    feeder._feed("gpu")
    assert feeder.wait_until_idle(5)
    others = [rows.queued() for _ in range(2)]

    feeder._feed("gpu")
    assert feeder.wait_until_idle(5)
    feeder._feed("gpu")
    hands.wait_for(4)

    assert hands.taken[0].id == solos[0]
    assert {job.id for job in hands.taken[1:3]} == set(others)
    assert hands.taken[3].id == solos[1]


def test_how_long_a_solo_job_waits_is_counted_from_its_last_attempt(
    start: Callable[..., Feeder], hands: Hands
):
    job_id = rows.queued(scheduled_at=clock.seconds_from_now(-3600))
    for _ in range(2):
        (job,) = rows.claim() or rows.claim(solo=True)
        rows.lease_ran_out(job.id)
        with transaction() as session:
            transitions.sweep(session)
    assert rows.read(job_id).solo

    assert rows.read(job_id).scheduled_at is not None
    with transaction() as session:
        assert line.alone(session, "gpu", known=OPERATIONS, waited_s=10.0) is None
        assert line.alone(session, "gpu", known=OPERATIONS) is not None


def test_a_process_that_rests_for_one_queue_takes_nothing_from_another(
    start: Callable[..., Feeder], hands: Hands
):
    feeder = start(count=3, queues=["gpu", "cpu"])
    busy = rows.queued()
    feeder._feed("gpu")
    hands.wait_for(1)
    alone = rows.queued(solo=True, scheduled_at=clock.seconds_from_now(-3600))
    other = rows.queued(queue="cpu")

    feeder._feed("gpu")
    feeder._feed("cpu")
    assert _states([busy, alone, other]) == ["running", "queued", "queued"]

    hands.go.set()
    assert feeder.wait_until_idle(5)
    feeder._feed("gpu")
    assert feeder.wait_until_idle(5)
    feeder._feed("cpu")
    assert feeder.wait_until_idle(5)
    assert _states([alone, other]) == ["succeeded", "succeeded"]


def test_jobs_of_a_claim_whose_answer_was_lost_are_put_back(
    start: Callable[..., Feeder], hands: Hands, monkeypatch: pytest.MonkeyPatch
):
    hands.go.set()
    waiting = [rows.queued() for _ in range(3)]
    feeder, lost = start(count=4, poll_s=0.05), []

    @contextmanager
    def losing_the_first_answer() -> Iterator[Any]:
        with transaction() as session:
            yield session
        if not lost:
            lost.append(True)
            raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    monkeypatch.setattr(feeder_module, "transaction", losing_the_first_answer)

    feeder.start()
    hands.wait_for(3)
    assert feeder.wait_until_idle(5)

    assert _states(waiting) == ["succeeded"] * 3
    assert {rows.read(job_id).crash_count for job_id in waiting} == {0}


def test_versions_are_asked_for_once_for_all_jobs_of_a_claim_that_need_them(
    start: Callable[..., Feeder], hands: Hands, monkeypatch: pytest.MonkeyPatch
):
    serving = _version("gan-fashion")
    waiting = [rows.queued("sample") for _ in range(3)]
    asked, choices = [], choosing.choices

    def counted(*given: Any) -> Any:
        asked.append(given)
        return choices(*given)

    monkeypatch.setattr(choosing, "choices", counted)

    start()._feed("gpu")

    assert len(asked) == 1
    assert [rows.read(job_id).versions for job_id in waiting] == [{"gan": serving}] * 3


# Liveness


def _longest_idle_s(
    start: Callable[..., Feeder], count: int, *, hands: int, seconds: float
) -> float:
    """The longest that a hand was free although jobs were due; no broker is here to ring."""
    waiting = rows.many(count)
    committer = Committer(patience_s=20)
    committer.start()
    free_since: dict[int, float] = {}
    gaps: list[float] = []
    left = threading.Semaphore(0)

    def work(job: Job) -> None:
        me = threading.get_ident()
        if me in free_since:
            gaps.append(time.monotonic() - free_since[me])
        time.sleep(seconds)
        committer.succeed(rows.lease_of(job), [], None)
        free_since[me] = time.monotonic()
        left.release()

    # With a clock of its own so slow, a lost wake-up would cost half a minute.
    feeder = start(count=hands, poll_s=30, perform=work)
    feeder.start()
    for _ in waiting:
        assert left.acquire(timeout=20)

    assert feeder.wait_until_idle(10)
    committer.stop()
    with reading() as session:
        ended = select(func.count()).where(Job.state == "succeeded")
        assert session.scalar(ended) == len(waiting)
    return max(gaps)


@pytest.mark.slow
def test_ten_thousand_short_jobs_never_leave_a_hand_waiting_for_a_clock(
    start: Callable[..., Feeder],
):
    assert _longest_idle_s(start, 10_000, hands=16, seconds=0.024) < 15


@pytest.mark.slow
def test_two_hundred_long_jobs_never_leave_a_hand_waiting_for_a_clock(
    start: Callable[..., Feeder],
):
    assert _longest_idle_s(start, 200, hands=40, seconds=2.0) < 15


def test_pictures_that_do_not_fit_together_wait_their_turn_and_nobody_overtakes(start, hands):
    ids = [rows.queued(scheduled_at=clock.seconds_from_now(-9 + n)) for n in range(4)]
    for job_id, pixels in zip(ids, (24_000_000, 30_000_000, 40_000_000, 1_000), strict=True):
        rows.change(job_id, pixels=pixels)

    start(count=4).start()

    assert hands.wait_for(2) == ids[:2]
    time.sleep(0.3)
    assert len(hands.taken) == 2
    hands.go.set()
    assert hands.wait_for(4) == ids


def test_a_picture_larger_than_all_the_room_goes_in_alone(start, hands):
    large = rows.queued(scheduled_at=clock.seconds_from_now(-9))
    rows.change(large, pixels=10 * PIXELS)
    rows.queued()

    start(count=4).start()

    assert hands.wait_for(1) == [large]
    time.sleep(0.3)
    assert len(hands.taken) == 1


def test_a_feeder_outlives_an_error_that_nobody_foresaw(start, hands, monkeypatch):
    rows.queued()
    working, calls = line.is_due, []

    def failing_once(*given: Any, **named: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError("can't start new thread")
        return working(*given, **named)

    monkeypatch.setattr(line, "is_due", failing_once)

    start().start()

    assert len(hands.wait_for(1)) == 1
