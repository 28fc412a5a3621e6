"""Which pictures are the same to the eye: every pair, and only those."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from db import likeness
from db.likeness import Look

GREY = "80" * 48


def _look(bits: int = 0, colours: str = GREY) -> Look:
    return Look(f"{bits:016x}", colours)


def test_four_bits_may_differ_and_no_more():
    assert list(likeness.near([_look(), _look(0b1111)])) == [(0, 1)]
    assert list(likeness.near([_look(), _look(0b11111)])) == []


def test_the_same_structure_in_another_colour_is_another_picture():
    near, far = "83" * 48, "84" * 48

    assert list(likeness.near([_look(), _look(colours=near)])) == [(0, 1)]
    assert list(likeness.near([_look(), _look(colours=far)])) == []


def test_one_field_in_another_colour_is_enough():
    a_little, too_much = "88" + "80" * 47, "89" + "80" * 47

    assert list(likeness.near([_look(), _look(colours=a_little)])) == [(0, 1)]
    assert list(likeness.near([_look(), _look(colours=too_much)])) == []


def test_colours_that_cancel_out_are_far_all_the_same():
    up_and_down = "8f71" * 24  # as bright as grey, and fifteen levels off everywhere

    assert list(likeness.near([_look(), _look(colours=up_and_down)])) == []


def test_one_colour_stands_for_all_sixteen_fields():
    one = _look(colours="808080")

    assert one.is_one_colour
    assert not _look().is_one_colour
    assert list(likeness.near([_look(), one])) == [(0, 1)]


@given(
    st.lists(
        st.builds(
            _look,
            st.integers(0, 2**9 - 1),
            st.lists(st.integers(120, 130), min_size=48, max_size=48).map(lambda v: bytes(v).hex()),
        ),
        max_size=24,
    )
)
def test_no_pair_is_missed_and_none_is_named_twice(looks: list[Look]):
    def is_near(one: Look, other: Look) -> bool:
        bits = bin(int(one.phash, 16) ^ int(other.phash, 16)).count("1")
        levels = zip(bytes.fromhex(one.colours), bytes.fromhex(other.colours), strict=True)
        apart = [abs(a - b) for a, b in levels]
        return bits <= 4 and max(apart) <= 8 and sum(apart) / 48 <= 3.0

    expected = [
        (a, b) for a, b in combinations(range(len(looks)), 2) if is_near(looks[a], looks[b])
    ]

    assert sorted(likeness.near(looks)) == expected
