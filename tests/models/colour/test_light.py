"""A change of light is a smooth curve a channel, and no change is none."""

import numpy as np
import pytest
import torch
from skimage import color

from models.colour.light import Light, relit, temperature, to_levels, to_linear


def ramp() -> torch.Tensor:
    return torch.linspace(0, 1, 1001).expand(1, 3, 8, 1001)


def test_the_light_it_has_gives_the_very_same():
    image = torch.rand(1, 3, 20, 20)

    assert torch.equal(relit(image, Light()), image)


def test_the_curves_of_srgb_are_scikit_images():
    levels = np.linspace(0, 1, 50)

    assert np.abs(to_levels(to_linear(levels)) - levels).max() < 1e-7
    xyz = color.rgb2xyz(np.repeat(levels[:, None], 3, axis=1)[None])
    assert np.abs(xyz[0, :, 1] - to_linear(levels)).max() < 1e-4


@pytest.mark.parametrize(
    "light",
    [
        Light().brighter(2.0),
        Light().brighter(0.1),
        Light().brighter(-2.0),
        Light(contrast=1.0),
        Light(contrast=-1.0),
        Light(black=0.02),
        Light().tinted(temperature(50)).brighter(1.0),
    ],
    ids=["+2", "+0.1", "-2", "steep", "flat", "black", "warm"],
)
def test_every_curve_rises_and_has_no_step(light):
    curve = relit(ramp(), light)[0, :, 0]

    assert curve.diff(dim=1).min() >= 0
    assert curve.diff(dim=1).max() < 0.02
    assert curve.min() >= 0
    assert curve.max() <= 1


def test_a_stop_is_twice_the_light():
    image = torch.full((1, 3, 8, 8), 0.4)

    lit = relit(image, Light().brighter(1.0))

    assert to_linear(lit.numpy()).mean() == pytest.approx(2 * to_linear(np.array(0.4)), rel=1e-4)


def test_what_is_brightened_is_not_cut():
    highlights = relit(ramp(), Light().brighter(1.0))[0, 0, 0, 900:]

    assert highlights.unique().numel() == 101
    assert highlights[-1] == pytest.approx(1, abs=1e-6)


def test_contrast_keeps_black_middle_and_white():
    curve = relit(ramp(), Light(contrast=1.0))[0, 0, 0]

    assert curve[[0, 500, 1000]].tolist() == pytest.approx([0, 0.5, 1], abs=1e-6)
    assert curve[250] < 0.25
    assert curve[750] > 0.75


@pytest.mark.parametrize("mired", [-50, -20, 20, 50])
def test_warmth_keeps_the_light_and_turns_it(mired):
    red, green, blue = temperature(mired)

    assert 0.2126 * red + 0.7152 * green + 0.0722 * blue == pytest.approx(1)
    assert (red > 1 > blue) == (mired > 0)


def test_no_warmth_is_none():
    assert temperature(0) == pytest.approx((1, 1, 1), abs=1e-12)


def test_the_way_of_daylight_is_cies():
    # D50 as scikit-image has it, seen from D65: what is left of white is its ratio.
    there, here = (
        np.array(color.xyz_tristimulus_values(illuminant=x, observer="2")) for x in ("D50", "D65")
    )
    matrix = np.linalg.inv(color.colorconv.xyz_from_rgb)
    ratio = (matrix @ there) / (matrix @ here)

    gains = np.array(temperature(1e6 / 5003 - 1e6 / 6504))

    assert np.abs(gains / gains[1] - ratio / ratio[1]).max() < 0.01
