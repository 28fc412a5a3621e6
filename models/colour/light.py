"""A change of light as one curve a channel: gains in linear light, a soft shoulder, contrast."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Plane = NDArray[np.float64]
Gains = tuple[float, float, float]

_KNOTS = 16_385
_STRIP_ROWS = 256
_SHOULDER = 0.7  # linear light above which what is brightened rolls off and is not cut
_LUMINANCE = (0.2126, 0.7152, 0.0722)
_TO_RGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_DAYLIGHT_K = 6504.0


@dataclass(frozen=True, slots=True)
class Light:
    """What is done to each channel, in this order.

    Attributes:
        black: linear light that becomes black.
        gains: of red, green and blue, in linear light.
        contrast: -1 to 1: how far the middle is flattened or steepened, both ends staying.
    """

    black: float = 0.0
    gains: Gains = (1.0, 1.0, 1.0)
    contrast: float = 0.0

    def brighter(self, ev: float) -> "Light":
        """By so many stops."""
        red, green, blue = self.gains
        return replace(self, gains=(red * 2**ev, green * 2**ev, blue * 2**ev))

    def tinted(self, gains: Gains) -> "Light":
        """By these gains on top of its own."""
        a, b, c = (own * other for own, other in zip(self.gains, gains, strict=True))
        return replace(self, gains=(a, b, c))


def relit(image: Tensor, light: Light) -> Tensor:
    """[1, 3, H, W] in [0, 1] in another light; in the light it has, the very same."""
    output = image.clone()
    if light == Light():
        return output
    at = np.linspace(0, 1, _KNOTS)
    for channel, gain in enumerate(light.gains):
        curve = _curve(at, black=light.black, gain=gain, contrast=light.contrast)
        for top in range(0, image.shape[2], _STRIP_ROWS):
            strip = output[0, channel, top : top + _STRIP_ROWS]
            strip.copy_(torch.from_numpy(np.interp(strip.numpy(), at, curve)))
    return output


def temperature(mired: float) -> Gains:
    """Gains of a daylight so much warmer (above 0) or cooler, luminance kept (CIE 015).

    Args:
        mired: a million by kelvins, counted from 6,504 K; -50 to 50 stays on the daylight locus.
    """
    there, here = _daylight(1e6 / (1e6 / _DAYLIGHT_K + mired)), _daylight(_DAYLIGHT_K)
    raw = [one / other for one, other in zip(there, here, strict=True)]
    kept = sum(share * gain for share, gain in zip(_LUMINANCE, raw, strict=True))
    red, green, blue = (gain / kept for gain in raw)
    return red, green, blue


def to_linear(levels: Plane) -> Plane:
    """Linear light of sRGB in [0, 1]."""
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def to_levels(linear: Plane) -> Plane:
    """Linear light as sRGB."""
    curved = 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, curved)


def _curve(levels: Plane, *, black: float, gain: float, contrast: float) -> Plane:
    linear = np.maximum(0, to_linear(levels) - black) / (1 - black)
    bent = to_levels(np.clip(_rolled_off(linear * gain, most=gain), 0, 1))
    steep = bent * bent * (3 - 2 * bent)
    return np.clip(bent + contrast * (steep - bent), 0, 1)


def _rolled_off(linear: Plane, *, most: float) -> Plane:
    """What lies between the shoulder and `most` comes between the shoulder and 1, smoothly."""
    if most <= 1:
        return linear
    room, need = 1 - _SHOULDER, most - _SHOULDER
    above = np.maximum(0, linear - _SHOULDER)
    return np.where(
        linear > _SHOULDER, _SHOULDER + above / (1 + above * (1 / room - 1 / need)), linear
    )


def _daylight(kelvin: float) -> list[float]:
    """Linear sRGB of a phase of daylight between 4,000 and 25,000 K."""
    t = 1000 / kelvin
    x = (
        0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
        if kelvin <= 7000
        else 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
    )
    y = -3 * x**2 + 2.87 * x - 0.275
    xyz = (x / y, 1.0, (1 - x - y) / y)
    return [math.fsum(a * b for a, b in zip(row, xyz, strict=True)) for row in _TO_RGB]
