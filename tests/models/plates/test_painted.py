"""A painted backdrop is the same for a seed at any size, and of the colours that are asked for."""

import pytest
import torch

from models.metrics.delta_e import colour_difference
from models.plates.painted import painted

SAND, SKY = (214, 190, 150), (120, 150, 190)


def drawn(seed: int = 3, *, palette=None, height: int = 120, width: int = 160):
    return painted(palette, seed=seed, middle=(0.5, 0.5), height=height, width=width)


def test_a_seed_draws_the_same_and_another_one_another():
    assert torch.equal(drawn(3), drawn(3))
    assert (drawn(3) - drawn(4)).abs().mean() > 0.02


def test_it_is_the_same_at_another_size():
    small, large = drawn(), drawn(height=480, width=640)

    shrunk = torch.nn.functional.interpolate(large, (120, 160), mode="area")
    assert (shrunk - small).abs().max() < 0.03


@pytest.mark.parametrize("seed", range(3))
def test_it_is_quiet_and_in_range(seed):
    plate = drawn(seed)

    assert 0 <= plate.min() <= plate.max() <= 1
    assert plate.std(dim=(2, 3)).max() < 0.25
    assert 0.2 < plate.mean() < 0.9


def test_its_colours_are_those_asked_for_but_for_the_light():
    plate = drawn(palette=(SAND, SKY))

    lit = plate[0, :, 50:70, 70:90].flatten(1)
    ends = torch.tensor((SAND, SKY)).T / 255
    between = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * torch.linspace(0, 1, 33)
    nearest = torch.stack([colour_difference(lit, one[:, None]) for one in between.T]).amin(dim=0)
    assert nearest.max() < 4


@pytest.mark.parametrize(("height", "width"), [(8, 12000), (1, 40), (333, 77)])
def test_any_shape(height, width):
    assert drawn(height=height, width=width).shape == (1, 3, height, width)


def test_it_shows_no_bands():
    levels = drawn(height=400, width=400).mul(255).round()

    runs = (levels[..., 1:] == levels[..., :-1]).float().mean()
    assert runs < 0.9
