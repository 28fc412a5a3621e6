"""Tiles joined are the whole, without seams."""

import pytest
import torch
from torch import nn

from models.tiles import tiled


@pytest.fixture(scope="module")
def small_network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 5, padding=2)]
    return nn.Sequential(*layers).eval().requires_grad_(requires_grad=False)


@pytest.mark.parametrize("size", [(64, 96), (128, 40), (200, 152), (24, 24)])
def test_tiled_is_whole_where_the_margin_covers_what_the_network_sees(small_network, size):
    image = torch.rand(1, 3, *size)

    joined = tiled(small_network, image, tile=32, margin=8, multiple=8)

    torch.testing.assert_close(joined, small_network(image), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [(61, 97), (33, 130), (8, 9)])
def test_a_side_that_is_no_multiple_is_right_inside(small_network, size):
    image = torch.rand(1, 3, *size)

    joined = tiled(small_network, image, tile=32, margin=8, multiple=8)

    inside = (..., slice(3, -3), slice(3, -3))
    assert joined.shape == image.shape
    torch.testing.assert_close(joined[inside], small_network(image)[inside], atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 50)])
def test_a_picture_smaller_than_the_padding_passes(size):
    image = torch.rand(1, 3, *size)

    joined = tiled(lambda tile: tile, image, tile=16, margin=8, multiple=8)

    assert torch.equal(joined, image)


def test_without_a_margin_seams_show():
    image = torch.rand(1, 3, 64, 64)
    blur = nn.AvgPool2d(3, stride=1, padding=1)

    joined = tiled(blur, image, tile=32, margin=0, multiple=8)

    assert not torch.allclose(joined[..., 31:33, :], blur(image)[..., 31:33, :])


def test_every_tile_is_of_one_size_and_within_bounds():
    sizes = []

    def network(tile):
        sizes.append(tuple(tile.shape[2:]))
        return tile

    tiled(network, torch.rand(1, 3, 150, 75), tile=32, margin=10, multiple=8)

    assert set(sizes) == {(64, 64)}


def test_extras_reach_each_tile_and_the_first_output_counts():
    image, sigma = torch.rand(2, 3, 40, 40), torch.tensor([0.25, 4.0])

    def network(tile, s):
        return tile * s[:, None, None, None], s

    joined = tiled(network, image, sigma, tile=16, margin=0, multiple=8)

    torch.testing.assert_close(joined, image * sigma[:, None, None, None])


def test_a_network_that_enlarges_gives_an_enlarged_whole():
    image = torch.rand(1, 3, 50, 34)
    twice = nn.Upsample(scale_factor=2, mode="nearest")

    joined = tiled(twice, image, tile=16, margin=8, multiple=8)

    assert torch.equal(joined, twice(image))


def test_what_fits_a_tile_is_the_callers_own_also_where_the_network_changes_nothing():
    image = torch.rand(1, 3, 32, 24)
    before = image.clone()

    whole = tiled(lambda tile: tile, image, tile=32, margin=8, multiple=8)
    whole.zero_()

    assert torch.equal(image, before)
