"""How far textures are apart, wherever they lie in a picture."""

import pytest
import torch

from models.metrics.texture_distance import LEAST, texture_distance


def stripes(period: float, side: int = 96) -> torch.Tensor:
    wave = torch.sin(torch.arange(side) * 2 * torch.pi / period) / 2 + 0.5
    return wave.expand(1, 3, side, side)


def test_a_picture_is_no_way_from_itself() -> None:
    assert texture_distance(stripes(9), stripes(9)) == 0


def test_where_a_texture_lies_hardly_counts() -> None:
    moved = stripes(8).roll(16, -1)

    assert texture_distance(moved, stripes(8)) < 0.05


def test_the_more_alike_the_nearer() -> None:
    near, far = (texture_distance(stripes(period), stripes(8)) for period in (10, 32))

    assert 0 < near < far


def test_light_alone_is_no_texture() -> None:
    flat = torch.full((1, 3, 64, 64), 0.2)

    assert texture_distance(flat, flat + 0.5) < 1e-3


def test_what_is_too_small_has_no_texture() -> None:
    with pytest.raises(ValueError, match="sides of 56"):
        texture_distance(torch.rand(1, 3, LEAST - 1, 80), torch.rand(1, 3, 80, 80))
