"""A budget of pixels: large pictures wait their turn."""

import threading
import time

import pytest

from workers.room import Room


def _holding(
    room: Room, pixels: int, until: threading.Event
) -> tuple[threading.Thread, threading.Event]:
    inside = threading.Event()

    def hold() -> None:
        with room.hold(pixels):
            inside.set()
            until.wait(5)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    return thread, inside


def test_what_fits_goes_in_together():
    room, leave = Room(100), threading.Event()

    threads = [_holding(room, 50, leave) for _ in range(2)]

    assert all(inside.wait(2) for _, inside in threads)
    leave.set()
    for thread, _ in threads:
        thread.join(5)


def test_what_does_not_fit_waits_until_there_is_room():
    room, leave = Room(100), threading.Event()
    first, inside = _holding(room, 60, leave)
    assert inside.wait(2)

    second, waits = _holding(room, 60, leave)

    assert not waits.wait(0.1)
    leave.set()
    assert waits.wait(2)
    first.join(5)
    second.join(5)


def test_a_picture_larger_than_all_of_it_goes_in_alone():
    room, leave = Room(100), threading.Event()
    large, inside = _holding(room, 1_000, leave)
    assert inside.wait(2)

    small, waits = _holding(room, 1, leave)

    assert not waits.wait(0.1)
    leave.set()
    assert waits.wait(2)
    large.join(5)
    small.join(5)


def test_a_job_without_pictures_never_waits():
    room, leave = Room(100), threading.Event()
    large, inside = _holding(room, 100, leave)
    assert inside.wait(2)

    with room.hold(0):
        pass

    leave.set()
    large.join(5)


def test_room_is_given_back_also_after_an_error():
    room = Room(100)
    for _ in range(3):
        with pytest.raises(KeyError), room.hold(80):
            raise KeyError

    started = time.perf_counter()
    with room.hold(100):
        assert time.perf_counter() - started < 1
