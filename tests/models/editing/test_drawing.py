"""Texture over a film: at a scale that the network learnt, in tiles, and in the hole alone."""

import pytest
import torch
from torch import Tensor

from models.editing.drawing import TILING, WIDEST_PX, drawer

SIDES: list[tuple[int, int]] = []


def darker(film: Tensor, hole: Tensor) -> Tensor:
    """A network that draws a tenth darker."""
    assert all(side % TILING.multiple == 0 for side in film.shape[2:])
    SIDES.append((film.shape[2], film.shape[3]))
    return film - 0.1 * hole


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    SIDES.clear()


@pytest.mark.parametrize("wide", [WIDEST_PX // 2, 4 * WIDEST_PX], ids=["narrow", "wide"])
def test_a_wide_hole_is_drawn_smaller_and_nothing_outside_changes(wide: int) -> None:
    film, hole = torch.full((1, 3, 301, 403), 0.5), torch.zeros(1, 1, 301, 403, dtype=torch.bool)
    hole[..., 40 : 40 + wide, 50 : 50 + wide] = True

    drawn = drawer(darker)(film, hole)

    inside = drawn[..., 40 + wide // 4 : 40 + wide * 3 // 4, 50 + wide // 4 : 50 + wide * 3 // 4]
    assert torch.equal(drawn.where(~hole, 0.0), film.where(~hole, 0.0))
    torch.testing.assert_close(inside, torch.full_like(inside, 0.4), atol=0.01, rtol=0)
    assert (max(SIDES[0]) < 200) == (wide > WIDEST_PX)


def test_a_long_scratch_in_a_large_picture_is_drawn_tile_by_tile() -> None:
    film = torch.full((1, 3, 40, 3 * TILING.tile), 0.5)
    hole = torch.zeros(1, 1, 40, 3 * TILING.tile, dtype=torch.bool)
    hole[..., 18:22, :] = True

    drawn = drawer(darker)(film, hole)

    assert torch.allclose(drawn, torch.where(hole, 0.4, film))
    assert len(SIDES) == 3
