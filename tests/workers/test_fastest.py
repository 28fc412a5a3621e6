"""Which size of batches is fastest, found by computing them."""

import random
from collections.abc import Callable

import pytest

from workers.fastest import AGAIN_AFTER, TRIES, Fastest


def _after(
    fastest: Fastest, batches: int, seconds: Callable[[int], float], *, limit: int = 16
) -> int:
    """The size that it comes to, when a batch of so many images takes so long."""
    for _ in range(batches):
        size = fastest.of(limit)
        fastest.ran(size, image_s=seconds(size) / size)
    return fastest.of(limit)


def _launched(images: int) -> float:
    """A device that takes time to begin."""
    return 0.008 + 0.001 * images


def _crowded(images: int) -> float:
    """A device on which two at a time are in each other's way."""
    return 0.1 * images * (1 + (images - 1) / 4)


def test_where_company_is_cheap_the_largest_stays_and_little_is_tried():
    fastest, sizes = Fastest(), []
    for _ in range(100):
        sizes.append(fastest.of(16))
        _after(fastest, 1, _launched)

    assert fastest.of(16) == 16
    assert sizes.count(8) == TRIES
    assert set(sizes) == {16, 8}


def test_where_each_is_faster_alone_they_go_alone():
    assert _after(Fastest(), 10 * TRIES, _crowded) == 1


def test_the_best_may_lie_in_the_middle():
    assert _after(Fastest(), 10 * TRIES, lambda n: 0.01 + 0.001 * n + 0.0005 * n * n) == 4


def test_what_is_as_fast_is_no_reason_to_be_smaller():
    assert _after(Fastest(), 10 * TRIES, lambda n: 0.1 * n) == 16


def test_a_batch_that_was_disturbed_now_and_then_does_not_mislead():
    draw = random.Random(0)
    found = [
        _after(Fastest(), 20 * TRIES, lambda n: _launched(n) * draw.choice([1, 1, 1, 1, 3]))
        for _ in range(200)
    ]

    assert found.count(16) > 180


def test_a_first_batch_that_took_long_because_all_was_cold_decides_nothing():
    fastest = Fastest()

    fastest.ran(1, image_s=9.0)  # all that its own rate allowed

    assert _after(fastest, 20 * TRIES, _launched) == 16


def test_where_other_limits_change_all_the_time_it_finds_the_best_all_the_same():
    fastest = Fastest()

    for limit in (4, 3, 4, 3, *[4, 5] * 20):  # by the time of the last batch
        _after(fastest, 1, _crowded, limit=limit)

    assert fastest.of(4) == 1


def test_it_is_tried_anew_when_the_machine_may_have_changed():
    fastest = Fastest()
    assert _after(fastest, 10 * TRIES, _crowded) == 1

    assert _after(fastest, AGAIN_AFTER + 10 * TRIES, _launched) == 16


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 16, 100])
def test_whatever_happens_a_batch_holds_from_one_to_what_may_be(limit: int):
    draw, fastest = random.Random(limit), Fastest()

    for _ in range(3 * AGAIN_AFTER):
        size = fastest.of(limit)
        assert 1 <= size <= limit
        fastest.ran(size, image_s=draw.random())
