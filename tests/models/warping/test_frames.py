"""Frames hold a box with its rim; the spline through their grid is the one that is stored."""

import torch

from models.warping import moments
from models.warping.frames import GRID, RIM, SIDE, basis, centres, frame, grid, shown, to_pixels
from models.warping.nearness import error_px, overlap
from models.warping.warp import fit


def _mask(top: int, bottom: int, left: int, right: int, side: int = 64) -> torch.Tensor:
    mask = torch.zeros(1, 1, side, side)
    mask[..., top:bottom, left:right] = 1
    return mask


def test_a_frame_is_the_box_and_a_rim() -> None:
    (box,) = frame(_mask(10, 30, 20, 60)).tolist()

    assert box == [20 - RIM * 40, 10 - RIM * 20, 60 + RIM * 40, 30 + RIM * 20]


def test_an_empty_mask_has_the_whole_picture() -> None:
    (box,) = frame(torch.zeros(1, 1, 40, 50)).tolist()

    assert box == [-RIM * 50, -RIM * 40, 50 + RIM * 50, 40 + RIM * 40]


def test_what_a_frame_shows_fills_it_but_for_the_rim() -> None:
    mask = _mask(10, 30, 20, 60)

    seen = shown(mask, frame(mask), side=SIDE)

    rim = RIM / (1 + 2 * RIM) * SIDE
    assert abs(float(seen.sum()) - (SIDE - 2 * rim) ** 2) < 0.03 * SIDE**2


def test_the_spline_of_the_grid_is_that_of_the_stored_warp() -> None:
    draw = torch.Generator().manual_seed(1)
    ways = grid() + 0.1 * torch.randn(GRID**2, 2, generator=draw)
    points = centres(7)

    warp = fit(grid(), ways, method="tps")

    assert torch.allclose(warp(points).float(), basis(points) @ ways, atol=1e-4)


def test_corners_of_a_frame_are_corners_of_its_box() -> None:
    box = torch.tensor([[2.0, 4.0, 10.0, 24.0]]).double()

    corners = to_pixels(torch.tensor([[[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0]]]), box)

    assert corners[0].tolist() == [[2, 4], [10, 24], [6, 14]]


def test_moments_find_an_affine_way() -> None:
    body, garment = _mask(20, 76, 30, 66, SIDE), _mask(34, 62, 12, 84, SIDE)

    way = moments.ways(garment, body)

    assert torch.allclose(way[0], grid() * torch.tensor((2.0, 0.5)), atol=0.05)


def test_an_error_is_told_in_pixels_of_a_width_of_192() -> None:
    true = grid()[None]
    place = _mask(20, 76, 30, 66, SIDE)

    off = error_px(true + torch.tensor((0.03, 0.04)), true, place)

    assert abs(float(off) - 0.05 * 96) < 1e-3
    assert float(overlap(place, _mask(20, 48, 30, 66, SIDE))) == 0.5
