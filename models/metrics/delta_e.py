"""Colour difference CIEDE2000 (Sharma et al. 2005); agrees with scikit-image's to 1e-5.

The formula itself agrees to 1e-9, and with Sharma's published pairs to 1e-4.
"""

import math

import torch
from torch import Tensor

from models.metrics import strips
from models.metrics.bare import is_plain
from models.metrics.elementary import exponential, length, root
from models.metrics.lab import planes_to_lab

Lab = tuple[Tensor, ...]

_CPU_PIXELS = 32_000  # below 32,768 torch works in the thread that asks, and in its cache
_DEVICE_PIXELS = 1 << 22
_TWENTY_FIVE_7 = 25.0**7
_TINY = 1e-30


def ciede2000(a: Tensor, b: Tensor) -> Tensor:
    """Colour difference of each pixel; about 1 is just visible, 2.3 plainly so.

    Args:
        a: [N, 3, H, W] sRGB in [0, 1].
        b: the same shape.

    Returns:
        [N, H, W], zero and up.
    """
    if a.shape != b.shape or a.ndim != 4 or a.shape[1] != 3:
        raise ValueError(f"expected two equal [N, 3, H, W], got {tuple(a.shape)}, {tuple(b.shape)}")
    colours = (image.transpose(0, 1).flatten(1) for image in (a, b))
    return colour_difference(*colours).view(len(a), *a.shape[2:])


def colour_difference(a: Tensor, b: Tensor, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """The same for lists of colours, a piece at a time.

    Args:
        a: [3, M] sRGB in [0, 1].
        b: [3, M], or [3, 1] to compare all with.
        dtype: to compute in; a* and b* are differences of what is nearly equal, so float32 is
            off by 1e-4, and where the hues are opposite by 0.1.

    Returns:
        [M] of a's dtype.
    """
    plain = is_plain(a, b)
    size = _CPU_PIXELS if plain else _DEVICE_PIXELS
    pieces = torch.split(a, size, dim=1)
    others = torch.split(b, size, dim=1) if b.shape[1] > 1 else [b] * len(pieces)

    def differences(pair: tuple[Tensor, Tensor]) -> Tensor:
        first, second = (planes_to_lab(*colours.to(dtype)) for colours in pair)
        return _difference(first, second).to(a.dtype)

    pairs = list(zip(pieces, others, strict=True))
    return torch.cat(strips.each(differences, pairs) if plain else list(map(differences, pairs)))


def lab_difference(a: Tensor, b: Tensor) -> Tensor:
    """CIEDE2000 of two CIELAB images [N, 3, H, W]: [N, H, W]."""
    return _difference(a.unbind(1), b.unbind(1))


def _difference(a: Lab, b: Lab) -> Tensor:
    """Of L*, a* and b* planes of any one shape.

    The hues are never computed, only their directions: the difference of two comes from the
    triangle ΔH² = Δa² + Δb² - ΔC², the hue half-way is where the sum of both unit vectors points,
    and the cosines of its multiples are polynomials of the first.
    """
    (l1, a1, b1), (l2, a2, b2) = a, b
    stretch = 1.5 - 0.5 * _saturation((length(a1, b1) + length(a2, b2)) / 2)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = length(a1, b1), length(a2, b2)
    chroma = (c1 + c2) / 2
    east, north = _half_way((a1, b1, c1), (a2, b2, c2))
    x = (l2 - l1) / _lightness_weight((l1 + l2) / 2)
    y = (c2 - c1) / (1 + 0.045 * chroma)
    z = _hue_difference(a1, b1, a2, b2, c2 - c1) / (1 + 0.015 * chroma * _hue_weight(east, north))
    rotated = _rotation(east, north, chroma) * y * z
    return root((x * x + y * y + z * z - rotated).clamp_min_(0))


def _half_way(a: Lab, b: Lab) -> tuple[Tensor, Tensor]:
    """The direction between those of two a*, b*, chroma: cosine and sine of the mean hue.

    Opposite ones leave it open; the formula then turns left from the one of the lesser hue. Any
    does for grey ones: it is multiplied by their hue difference, zero.
    """
    (a1, b1, c1), (a2, b2, c2) = a, b
    x = a1 * c2 + a2 * c1 - b1.abs() * _TINY
    y = b1 * c2 + b2 * c1 + a1.copysign(a1 * b1) * _TINY
    size = length(x, y).clamp_min_(torch.finfo(x.dtype).tiny)
    return x / size, y / size


def _saturation(chroma: Tensor) -> Tensor:
    square = chroma * chroma
    seventh = square * square * square * chroma
    return root(seventh / (seventh + _TWENTY_FIVE_7))


def _lightness_weight(lightness: Tensor) -> Tensor:
    square = (lightness - 50).square_()
    return 1 + 0.015 * square / root(20 + square)


def _hue_difference(a1: Tensor, b1: Tensor, a2: Tensor, b2: Tensor, chroma: Tensor) -> Tensor:
    """2·√(C1·C2)·sin(Δh / 2), with the sign of the turn from the first to the second."""
    square = (a2 - a1).square_().add_((b2 - b1).square_()).sub_(chroma * chroma)
    return root(square.clamp_min_(0)).copysign_(a1 * b2 - a2 * b1)


def _hue_weight(east: Tensor, north: Tensor) -> Tensor:
    cos2, sin2 = 2 * east * east - 1, 2 * east * north
    cos3, sin3 = cos2 * east - sin2 * north, sin2 * east + cos2 * north
    cos4, sin4 = 2 * cos2 * cos2 - 1, 2 * cos2 * sin2
    turned = ((-0.17, 30, east, north), (0.32, -6, cos3, sin3), (-0.20, 63, cos4, sin4))
    weight = 1 + 0.24 * cos2
    for share, degrees, cosine, sine in turned:  # cos(x - d) = cos x · cos d + sin x · sin d
        angle = math.radians(degrees)
        weight.add_(cosine, alpha=share * math.cos(angle))
        weight.add_(sine, alpha=share * math.sin(angle))
    return weight


def _rotation(east: Tensor, north: Tensor, chroma: Tensor) -> Tensor:
    """How much chroma and hue work together, which they do in the blues around 275 degrees."""
    hue = torch.atan2(-north, -east).mul_(180 / math.pi)  # from -180, less 180 degrees
    away = hue.add_(180 - 275).div_(25)
    blueness = exponential(away.square_().neg_())
    return 2 * _saturation(chroma) * (math.radians(60) * blueness).sin_()
