"""How many images a batch may hold, as a kind of batch is known better and better."""

import pytest
import torch

from workers.calls import Call
from workers.caps import GROWS_AFTER, LONGEST_BATCH_S, MOST_NUMBERS, Caps

KIND = ("net", "shape")


def _call(*shape: int, beside: tuple[int, ...] = ()) -> Call:
    """Its tensors take no memory, whatever their shapes."""
    arguments = [torch.zeros(1).expand(1, *(shape or (3,)))]
    if beside:
        arguments.append(torch.zeros(1).expand(1, *beside))
    return Call(tuple(arguments))


def _clean(caps: Caps, batches: int, *, images: int = 1, seconds: float = 0.0001) -> None:
    for _ in range(batches):
        caps.ran(KIND, _call(), images=images, seconds=seconds)


# By its numbers


def test_small_images_are_as_many_as_the_setting_says():
    assert Caps(16).of(KIND, _call(3, 64, 64)) == 16


@pytest.mark.parametrize(
    ("side", "images"), [(512, 10), (1024, 2), (1400, 1), (1700, 1), (4000, 1)]
)
def test_of_large_images_only_so_many_that_their_numbers_fit(side: int, images: int):
    cap = Caps(16).of(KIND, _call(3, side, side))

    assert cap == images
    assert cap == 1 or cap * 3 * side * side <= MOST_NUMBERS


def test_the_largest_argument_counts_wherever_it_stands():
    assert Caps(16).of("first", _call(3, 1024, 1024, beside=(1,))) == 2
    assert Caps(16).of("second", _call(1, beside=(3, 1024, 1024))) == 2


def test_how_many_images_one_call_brings_makes_no_difference_to_the_cap():
    many = Call((torch.zeros(1).expand(40, 3, 512, 512),))

    assert Caps(16).of(KIND, many) == 10


def test_a_call_with_empty_images_has_a_cap_all_the_same():
    assert Caps(16).of(KIND, Call((torch.zeros(1, 0),))) == 16


# By its time


@pytest.mark.parametrize(
    ("images", "seconds", "cap"),
    [(16, 0.5, 16), (4, 0.5, 8), (4, 2.0, 2), (1, 0.999, 1), (1, 30.0, 1), (2, 0.0, 16)],
)
def test_a_batch_lasts_no_longer_than_a_second_by_its_own_rate(
    images: int, seconds: float, cap: int
):
    caps = Caps(16)

    caps.ran(KIND, _call(), images=images, seconds=seconds)

    found = caps.of(KIND, _call())
    assert found == cap
    assert found == 1 or found * seconds / images <= LONGEST_BATCH_S


def test_a_rate_is_that_of_the_last_batch():
    caps = Caps(16)
    caps.ran(KIND, _call(), images=1, seconds=9.0)  # loaded, compiled and tuned in it

    caps.ran(KIND, _call(), images=1, seconds=0.25)

    assert caps.of(KIND, _call()) == 4


# By its memory


def test_what_did_not_fit_is_halved():
    caps = Caps(16)

    caps.ran_out_of_memory(KIND, _call(), images=16)

    assert caps.of(KIND, _call()) == 8


def test_one_image_is_the_least_whatever_does_not_fit():
    caps = Caps(16)

    caps.ran_out_of_memory(KIND, _call(), images=1)

    assert caps.of(KIND, _call()) == 1


def test_another_kind_is_not_halved_with_it():
    caps = Caps(16)

    caps.ran_out_of_memory(KIND, _call(), images=16)

    assert caps.of(("another", "shape"), _call()) == 16


@pytest.mark.parametrize(("before", "images"), [(16, 40), (4, 40), (4, 16)])
def test_a_call_too_large_by_itself_allows_no_more_than_before(before: int, images: int):
    caps = Caps(16)
    if before < 16:
        caps.ran_out_of_memory(KIND, _call(), images=2 * before)
    _clean(caps, 1)

    caps.ran_out_of_memory(KIND, _call(), images=images)

    assert caps.of(KIND, _call()) <= before


def test_after_fifty_clean_batches_one_more_is_dared():
    caps = Caps(16)
    caps.ran_out_of_memory(KIND, _call(), images=16)

    _clean(caps, GROWS_AFTER - 1)
    before = caps.of(KIND, _call())
    _clean(caps, 1)

    assert GROWS_AFTER == 50
    assert (before, caps.of(KIND, _call())) == (8, 9)


def test_the_fifty_are_counted_anew_after_each_step():
    caps = Caps(16)
    caps.ran_out_of_memory(KIND, _call(), images=8)
    _clean(caps, GROWS_AFTER)

    _clean(caps, GROWS_AFTER - 1)
    before = caps.of(KIND, _call())
    _clean(caps, 1)

    assert (before, caps.of(KIND, _call())) == (5, 6)


def test_the_fifty_are_counted_anew_when_it_did_not_fit_again():
    caps = Caps(16)
    caps.ran_out_of_memory(KIND, _call(), images=16)
    _clean(caps, GROWS_AFTER - 1)

    caps.ran_out_of_memory(KIND, _call(), images=8)
    _clean(caps, GROWS_AFTER - 1)

    assert caps.of(KIND, _call()) == 4


def test_it_never_grows_beyond_what_its_numbers_allow():
    caps = Caps(4)
    caps.ran_out_of_memory(KIND, _call(), images=4)

    _clean(caps, 10 * GROWS_AFTER)

    assert caps.of(KIND, _call()) == 4


def test_what_fits_in_memory_may_still_last_too_long():
    caps = Caps(16)
    caps.ran_out_of_memory(KIND, _call(), images=16)

    caps.ran(KIND, _call(), images=2, seconds=1.0)

    assert caps.of(KIND, _call()) == 2


# What is kept


def _after_so_many_others(count: int) -> int:
    caps = Caps(16)
    caps.ran_out_of_memory(KIND, _call(), images=16)
    for number in range(count):
        caps.of(("other", number), _call())
    return caps.of(KIND, _call())


def test_of_a_thousand_kinds_each_is_remembered():
    assert _after_so_many_others(999) == 8


def test_a_kind_that_is_forgotten_starts_anew():
    assert _after_so_many_others(1_000) == 16
