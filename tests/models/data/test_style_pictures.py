"""The styles that ship: the same each time, no two alike, and called as orders call them."""

from itertools import combinations

import pytest
import torch

from db.operations.appearance import STYLES
from models.data import style_pictures
from models.metrics.texture_distance import texture_distance


def test_what_an_order_may_name_is_what_there_is() -> None:
    assert STYLES == style_pictures.NAMES


@pytest.mark.parametrize("name", STYLES)
def test_a_style_is_drawn_the_same_each_time(name: str) -> None:
    first = style_pictures.drawn(name)
    style_pictures.drawn.cache_clear()

    again = style_pictures.drawn(name)

    assert first.shape == (1, 3, 384, 384)
    assert torch.equal(first, again)
    assert first.min() >= 0
    assert first.max() <= 1
    assert first.std() > 0.05


def test_no_two_are_alike() -> None:
    drawn = [style_pictures.drawn(name)[..., :192, :192] for name in STYLES]

    apart = [texture_distance(a, b) for a, b in combinations(drawn, 2)]

    assert min(apart) > 0.2
