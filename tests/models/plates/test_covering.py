"""Another picture covers all, keeps its shape, and is cut evenly."""

import pytest
import torch

from models.plates.covering import covering


def quarters(height: int, width: int) -> torch.Tensor:
    """Left half dark, right half light, the upper half red."""
    image = torch.zeros(1, 3, height, width)
    image[..., width // 2 :] = 0.8
    image[:, 0, : height // 2] = 1.0
    return image


@pytest.mark.parametrize("size", [(60, 60), (40, 120), (120, 40), (8, 8), (300, 200)])
def test_its_middle_stays_in_the_middle(size):
    plate = covering(quarters(80, 100), height=size[0], width=size[1])

    half_down, half_across = size[0] // 2, size[1] // 2
    assert plate.shape == (1, 3, *size)
    assert plate[0, 1, :, : half_across - 3].max() < 0.1
    assert plate[0, 1, :, half_across + 3 :].min() > 0.7
    assert plate[0, 0, : half_down - 3].min() > 0.9


def test_a_circle_stays_a_circle():
    y, x = torch.meshgrid(torch.arange(100), torch.arange(200), indexing="ij")
    disc = ((y - 49.5) ** 2 + (x - 99.5) ** 2 < 30**2).float().expand(1, 3, 100, 200)

    inside = covering(disc, height=200, width=100)[0, 0] > 0.5

    assert int(inside.any(dim=0).sum()) == pytest.approx(100, abs=1)  # cut at its sides
    assert int(inside.any(dim=1).sum()) == pytest.approx(120, abs=2)


def test_of_the_same_size_it_is_the_picture():
    picture = torch.rand(1, 3, 30, 40)

    torch.testing.assert_close(covering(picture, height=30, width=40), picture)
