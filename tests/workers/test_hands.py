"""What is free of the hands, and when it pays to wait for more of them."""

import threading
import time
from collections.abc import Iterator

import pytest

from db.tables.jobs import Job
from workers.hands import PIXELS, Hands


class Crew:
    """Eight hands, each busy until the job it has is let go."""

    def __init__(self) -> None:
        self.gone: dict[str, threading.Event] = {}
        self.freed = 0
        self.hands = Hands(8, self._perform, on_free=self._count)

    def give(self, *names: str, solo: bool = False, pixels: int = 0) -> None:
        for name in names:
            self.gone[name] = threading.Event()
            self.hands.give(Job(id=name, solo=solo, pixels=pixels))

    def let_go(self, *names: str) -> None:
        for name in names:
            self.gone[name].set()

    def _perform(self, job: Job) -> None:
        assert self.gone[job.id].wait(10)

    def _count(self) -> None:
        self.freed += 1


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew()
    yield made
    made.let_go(*made.gone)
    assert made.hands.wait_until_idle(10)


def test_room_is_what_is_left_of_hands_and_pixels(crew: Crew):
    crew.give("a", "b", pixels=1_000)

    room = crew.hands.room()

    assert (room.jobs, room.pixels, room.is_idle) == (6, PIXELS - 2_000, False)


def test_a_job_that_must_be_alone_closes_the_room(crew: Crew):
    crew.give("a", solo=True)

    assert crew.hands.room().is_closed


def test_company_is_waited_for_while_three_quarters_work(crew: Crew):
    found = []
    for name in "abcdefgh":
        found.append(crew.hands.company())
        crew.give(name)
    found.append(crew.hands.company())

    assert found == [1, 1, 1, 1, 1, 1, 1, 2, 2]


def test_room_for_a_few_is_there_when_the_second_comes_free(crew: Crew):
    crew.give(*"abcdefgh")
    crew.let_go("a")
    threading.Timer(0.05, crew.let_go, ["b"]).start()

    room = crew.hands.room_for(2, within_s=10)

    assert room.jobs == 2


def test_room_is_not_waited_for_long(crew: Crew):
    crew.give(*"abcdefgh")
    since = time.monotonic()

    room = crew.hands.room_for(2, within_s=0.03)

    assert room.jobs == 0
    assert time.monotonic() - since < 5


def test_whoever_waits_for_room_hears_of_each_free_hand(crew: Crew):
    crew.give("a", "b")
    crew.let_go("a", "b")
    assert crew.hands.wait_until_idle(10)

    deadline = time.monotonic() + 5
    while crew.freed < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert crew.freed == 2
