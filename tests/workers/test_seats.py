"""As many compute at a time as there are seats, and whoever waits has none."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from workers.seats import WORTH_SHARING_PX, Seats

LARGE, SMALL = WORTH_SHARING_PX, WORTH_SHARING_PX - 1
SHORTLY_S, LONG_S = 0.05, 10.0


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def test_no_more_compute_at_a_time_than_there_are_seats(pool: ThreadPoolExecutor):
    seats, guard, sitting, most = Seats(2, threads=2), threading.Lock(), 0, 0

    def compute() -> None:
        nonlocal sitting, most
        for _ in range(50):
            with seats.taken(pixels=SMALL):
                with guard:
                    sitting += 1
                    most = max(most, sitting)
                time.sleep(0.001)
                with guard:
                    sitting -= 1

    for done in [pool.submit(compute) for _ in range(8)]:
        done.result(LONG_S)

    assert most == 2


def test_who_waits_lends_the_seat_and_gets_one_back(pool: ThreadPoolExecutor):
    seats, answer, other_is_in, other_may_go = (
        Seats(1, threads=1),
        *(threading.Event() for _ in range(3)),
    )
    order: list[str] = []

    def waits() -> None:
        with seats.taken(pixels=SMALL):
            with seats.lent():
                assert answer.wait(LONG_S)
            order.append("the one who waited")

    def computes() -> None:
        with seats.taken(pixels=SMALL):
            other_is_in.set()
            assert other_may_go.wait(LONG_S)
            order.append("the other")

    first = pool.submit(waits)
    second = pool.submit(computes)
    assert other_is_in.wait(LONG_S)
    answer.set()
    assert not first.done()
    other_may_go.set()

    first.result(LONG_S)
    second.result(LONG_S)
    assert order == ["the other", "the one who waited"]


def test_who_has_no_seat_has_none_to_lend():
    seats = Seats(1, threads=1)

    with seats.lent(), seats.taken(pixels=SMALL):
        pass


def test_a_seat_is_free_again_after_an_error(pool: ThreadPoolExecutor):
    seats = Seats(1, threads=1)

    def fails() -> None:
        with seats.taken(pixels=SMALL), seats.lent():
            raise ValueError("no good")

    def works() -> bool:
        with seats.taken(pixels=SMALL):
            return True

    with pytest.raises(ValueError, match="no good"):
        pool.submit(fails).result(LONG_S)
    assert pool.submit(works).result(LONG_S)


def test_torch_has_all_threads_only_for_a_large_picture_that_is_computed_alone(
    pool: ThreadPoolExecutor,
):
    seats, barrier = Seats(2, threads=4), threading.Barrier(2)

    def threads(pixels: int, *, together: int) -> int:
        with seats.taken(pixels=pixels):
            barrier.wait(LONG_S) if together > 1 else None
            return torch.get_num_threads()

    alone = [pool.submit(threads, one, together=1).result(LONG_S) for one in (LARGE, SMALL)]
    both = [pool.submit(threads, LARGE, together=2) for _ in range(2)]

    assert alone == [4, 1]
    assert sorted(one.result(LONG_S) for one in both) == [2, 4]
