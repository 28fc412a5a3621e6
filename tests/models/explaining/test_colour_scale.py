"""Colours that everybody can put in order, whatever they see of hues."""

import pytest
import torch

from models.explaining.colour_scale import STEPS, coloured, colours
from models.metrics.lab import planes_to_lab

# Machado, Oliveira and Fernandes 2009: linear RGB as it looks without one kind of cone.
BLINDNESS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def _lightness(rgb: torch.Tensor) -> torch.Tensor:
    return planes_to_lab(*rgb.double())[0]


def _as_seen(rgb: torch.Tensor, kind: str) -> torch.Tensor:
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = (torch.tensor(BLINDNESS[kind]) @ linear).clamp(0, 1)
    return torch.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


def test_lightness_rises_with_every_step_from_nearly_black_to_nearly_white() -> None:
    light = _lightness(colours())

    assert light[0] < 10
    assert light[-1] > 90
    assert light.diff().min() > 0.2
    assert light.diff().max() < 0.6


@pytest.mark.parametrize("kind", BLINDNESS)
def test_the_order_stays_for_whoever_is_colour_blind(kind: str) -> None:
    light = _lightness(_as_seen(colours(), kind))

    every_tenth = light[:: STEPS // 25]
    assert every_tenth.diff().min() > 1
    assert light[-1] - light[0] > 80


def test_no_two_steps_are_one_colour_in_a_file() -> None:
    levels = (colours() * 255).round().T

    assert len(levels.unique(dim=0)) == STEPS
    assert (colours() >= 0).all()
    assert (colours() <= 1).all()


def test_what_is_beyond_the_range_looks_as_at_its_end() -> None:
    shares = torch.tensor([-3.0, 0.0, 1.0, 7.0]).view(1, 1, 1, 4)

    first, darkest, lightest, last = coloured(shares)[0, :, 0].T

    assert torch.equal(first, darkest)
    assert torch.equal(lightest, last)
    assert not torch.equal(darkest, lightest)
