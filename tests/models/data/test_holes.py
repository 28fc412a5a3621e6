"""Holes of strokes and boxes: always the same from the same chance, never none, never all."""

import pytest
import torch
from torch import Generator

from models.data import holes


@pytest.mark.parametrize("side", [32, 128])
def test_a_hole_is_a_part_of_its_picture_and_all_or_nothing(side: int) -> None:
    drawn = holes.drawn(64, Generator().manual_seed(1), side=side)

    shares = drawn.mean((1, 2, 3))
    assert drawn.shape == (64, 1, side, side)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert 0 < shares.min() < 0.1
    assert 0.2 < shares.max() < 0.9


def test_the_same_chance_draws_the_same_holes() -> None:
    first, again, other = (
        holes.drawn(8, Generator().manual_seed(seed), side=64) for seed in (3, 3, 4)
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_is_measured_with_is_always_the_same_and_as_large_as_is_asked_for() -> None:
    one = holes.steady(4, shape=(48, 80))

    assert one.shape == (4, 1, 48, 80)
    assert torch.equal(one, holes.steady(4, shape=(48, 80)))
