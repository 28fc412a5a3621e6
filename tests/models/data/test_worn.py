"""Garments and where they go: what is bent at random is not folded, and its way is the true one."""

import pytest
import torch

from models.data.figures import Cloth, Cut
from models.data.tops import cut_out
from models.data.worn import (
    KEPT_APART_DEG,
    Worn,
    bent,
    carried,
    drawn,
    fitted,
    joined,
    lying,
    of_pose,
)  # fmt: skip
from models.warping.frames import SIDE, basis, centres, dense, grid
from models.warping.nearness import overlap

POSE = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.16, cuff=0.035, angle_deg=45)


@pytest.fixture(scope="module")
def some() -> Worn:
    return drawn(4, 1)


def _chance() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_a_drawn_shirt_fills_its_pose_by_its_way(some: Worn) -> None:
    filled = overlap(carried(some.garments[:, 3:], some.ways), some.places)
    as_it_lies = overlap(some.garments[:, 3:], some.places)

    assert float(filled.min()) > 0.84
    assert float(filled.mean()) > float(as_it_lies.mean()) + 0.03


def test_the_same_seed_draws_the_same(some: Worn) -> None:
    again = drawn(4, 1)

    assert torch.equal(again.garments, some.garments)
    assert torch.equal(again.ways, some.ways)


def test_a_garment_that_lies_is_in_its_own_place(some: Worn) -> None:
    own = lying(some.garments)

    assert torch.equal(own.places, own.garments[:, 3:])
    assert torch.equal(own.ways, grid().expand(4, -1, -1))


def test_what_is_bent_is_where_its_way_takes_it(some: Worn) -> None:
    own = bent(lying(some.garments), _chance())

    filled = overlap(carried(own.garments[:, 3:], own.ways), own.places)
    assert float(filled.min()) > 0.97
    assert not torch.allclose(own.ways, grid().expand(4, -1, -1), atol=0.02)


def test_what_is_bent_is_not_folded(some: Worn) -> None:
    many = bent(joined((some,) * 16), _chance())

    at = (dense(SIDE) @ many.ways).view(-1, SIDE, SIDE, 2)
    across, down = at[:, :-1, 1:] - at[:, :-1, :-1], at[:, 1:, :-1] - at[:, :-1, :-1]
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    there = many.places[:, 0, :-1, :-1] > 0.5
    assert float((area[there] <= 0).float().mean()) < 0.002


def test_a_fitted_grid_goes_through_a_spline_again() -> None:
    ways = grid() + 0.05 * torch.sin(3 * grid().flip(1))
    points = centres(20)

    found = fitted(points.double(), (basis(points) @ ways).double())

    assert float((found - ways).abs().max()) < 0.02


def test_poses_that_are_measured_are_kept_apart() -> None:
    assert any(low < POSE.angle_deg < high for low, high in KEPT_APART_DEG)
    assert len(of_pose(Cut(), POSE, Cloth())) == 1


def test_a_silhouette_is_cut_out_without_holes() -> None:
    picture = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    picture[..., 4:24, 6:22] = 200
    picture[..., 10:14, 12:16] = 0

    (found,) = cut_out(picture)

    assert found.shape == (4, 64, 64)
    assert int(found[3, 27, 32]) == 255
    assert int(found[3, 2, 2]) == 0
