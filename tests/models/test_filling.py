"""A film over a hole: exact outside, and what Laplace's equation says inside."""

import pytest
import torch

from models.filling import filled


def slope() -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, 60), torch.linspace(0, 1, 80), indexing="ij")
    return torch.stack((x, y, 0.5 * (x + y)))[None]


def test_an_even_slope_is_drawn_on_through_the_hole() -> None:
    hole = torch.zeros(1, 1, 60, 80, dtype=torch.bool)
    hole[..., 15:45, 20:60] = True

    film = filled(slope(), hole)

    assert (film - slope()).abs().max() < 0.02


def test_nothing_outside_the_hole_changes() -> None:
    image = torch.rand(1, 3, 33, 47)
    hole = torch.rand(1, 1, 33, 47) > 0.5

    film = filled(image, hole)

    assert torch.equal(film[(~hole).expand_as(image)], image[(~hole).expand_as(image)])


def test_what_lies_in_the_hole_has_no_say() -> None:
    hole = torch.zeros(1, 1, 30, 30, dtype=torch.bool)
    hole[..., 10:20, 10:20] = True
    one, other = slope()[..., :30, :30], slope()[..., :30, :30].clone()
    other[..., 10:20, 10:20] = torch.nan

    assert torch.equal(filled(one, hole), filled(other, hole))


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (1, 50), (50, 1), (3, 3), (7, 129)])
def test_a_single_known_pixel_fills_any_shape(size: tuple[int, int]) -> None:
    hole = torch.ones(1, 1, *size, dtype=torch.bool)
    hole[..., 0, 0] = False

    film = filled(torch.full((1, 3, *size), 0.3), hole)

    torch.testing.assert_close(film, torch.full((1, 3, *size), 0.3))


def test_a_film_stays_between_the_colours_of_its_rim() -> None:
    image = torch.rand(1, 3, 40, 40).mul(0.4).add(0.3)
    hole = torch.zeros(1, 1, 40, 40, dtype=torch.bool)
    hole[..., 5:35, 5:35] = True

    film = filled(image, hole)

    assert image.min() - 1e-5 <= film.min() <= film.max() <= image.max() + 1e-5


def test_a_hole_without_a_rim_is_refused() -> None:
    with pytest.raises(ValueError, match="a hole needs a rim"):
        filled(torch.rand(1, 3, 8, 8), torch.ones(1, 1, 8, 8, dtype=torch.bool))
