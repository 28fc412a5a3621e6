"""How far the colours of two pictures lie apart as wholes."""

import pytest
import torch
from skimage import color

from models.metrics.colour_distance import colour_distance


def pixels(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, count, generator=torch.Generator().manual_seed(seed))


def test_a_picture_is_not_far_from_itself_in_another_order():
    colours = pixels(500)

    assert colour_distance(colours, colours[:, torch.randperm(500)]).item() == pytest.approx(0)


def test_twice_the_pixels_of_the_same_colours_are_no_further():
    colours = pixels(2_000)

    assert colour_distance(colours, colours.repeat(1, 2)).item() < 0.1


@pytest.mark.parametrize(
    ("a", "b"), [((0.5, 0.5, 0.5), (0.7, 0.7, 0.7)), ((0.8, 0.2, 0.2), (0.2, 0.6, 0.3))]
)
def test_of_two_flat_pictures_it_is_their_difference(a, b):
    one, other = (torch.tensor(x).view(3, 1).repeat(1, 50) for x in (a, b))
    lab_a, lab_b = (color.rgb2lab([[x]])[0, 0] for x in (a, b))

    apart = colour_distance(one, other).item()

    assert apart == pytest.approx(color.deltaE_cie76(lab_a, lab_b), rel=0.04)


def test_more_strangers_are_further():
    colours = pixels(1_000)

    some, all_ = colours.clone(), colours.clone()
    some[:, :500], all_[:] = 0, 0

    assert 0 < colour_distance(colours, some) < colour_distance(colours, all_)


def test_of_nothing_it_is_no_number():
    assert colour_distance(pixels(10), pixels(0)).isnan()
