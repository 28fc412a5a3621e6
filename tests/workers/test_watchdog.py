"""When a process gets nowhere, and when it is only slow."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack

import pytest

from db.fence import Lease
from workers import watchdog
from workers.watchdog import Watchdog

LEASES = [Lease(f"job-{number}", "worker", 1) for number in range(4)]
Told = list[tuple[str, Collection[Lease]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(watchdog, "LOOK_EVERY_S", 0.01)
    return []


@pytest.fixture
def watch(told: Told) -> Iterator[Callable[..., Watchdog]]:
    started: list[Watchdog] = []

    def begin(*, hands: int = 8, is_stuck: Callable[[], bool] = lambda: False) -> Watchdog:
        dog = Watchdog(
            hands=hands,
            patience_s=0.0,
            device_is_stuck=is_stuck,
            on_stuck=lambda why, late: told.append((why, late)),
        )
        started.append(dog)
        dog.start()
        return dog

    yield begin
    for dog in started:
        dog.stop()
        dog._thread.join(5)


def _until_told(told: Told) -> None:
    for _ in range(500):
        if told:
            return
        time.sleep(0.01)
    raise AssertionError("nothing was said in five seconds")


def test_a_device_that_is_stuck_is_said_once_with_where_every_thread_stands(
    watch: Callable[..., Watchdog], told: Told, capfd: pytest.CaptureFixture[str]
):
    dog = watch(is_stuck=lambda: True)

    dog._thread.join(5)

    assert told == [("the device does not get on with its batch", [])]
    assert "Current thread" in capfd.readouterr().err


def test_a_quarter_of_the_hands_may_be_late_and_one_more_may_not(
    watch: Callable[..., Watchdog], told: Told
):
    dog = watch(hands=8)
    with ExitStack() as at_work:
        for lease in LEASES[:2]:
            at_work.enter_context(dog.watching(lease, timeout_s=0.0))
        time.sleep(0.1)
        assert told == []

        at_work.enter_context(dog.watching(LEASES[2], timeout_s=0.0))
        _until_told(told)

    assert told[0][0] == "3 of 8 hands are over their jobs' time"
    assert set(told[0][1]) == set(LEASES[:3])


def test_hands_within_their_jobs_time_are_left_in_peace(watch: Callable[..., Watchdog], told: Told):
    dog = watch(hands=2)

    with dog.watching(LEASES[0], timeout_s=60), dog.watching(LEASES[1], timeout_s=60):
        time.sleep(0.1)

    assert told == []


def test_a_hand_that_came_back_is_late_no_more(watch: Callable[..., Watchdog], told: Told):
    dog = watch(hands=1)

    for lease in LEASES:
        with dog.watching(lease, timeout_s=0.5):
            pass
    time.sleep(0.6)

    assert told == []
