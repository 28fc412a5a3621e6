"""How far a product reaches is told to a part of a pixel."""

import pytest
import torch

from models.matting.extents import extents


def test_whole_pixels_end_where_they_end():
    alpha = torch.zeros(1, 1, 20, 30)
    alpha[..., 4:15, 7:26] = 1

    found = extents(alpha)

    assert found is not None
    assert (found.left, found.top, found.right, found.bottom) == pytest.approx((7, 4, 26, 15))
    assert (found.width, found.height, found.middle) == pytest.approx((19, 11, 16.5))


@pytest.mark.parametrize("share", [0.5, 0.6, 0.8])
def test_a_pixel_that_is_covered_in_part_moves_the_side_by_less_than_one(share):
    alpha = torch.zeros(1, 1, 20, 20)
    alpha[..., 5:15, 5:15] = 1
    alpha[..., 15, 5:15] = share

    found = extents(alpha)

    assert found is not None
    assert 15.4 < found.bottom < 16
    assert found.bottom == pytest.approx(15 + share, abs=0.15)


def test_what_is_nowhere_half_covered_reaches_nowhere():
    assert extents(torch.full((1, 1, 8, 8), 0.4)) is None


def test_a_product_may_fill_its_picture():
    found = extents(torch.ones(1, 1, 6, 9))

    assert found is not None
    assert (found.left, found.top, found.right, found.bottom) == (0, 0, 9, 6)
