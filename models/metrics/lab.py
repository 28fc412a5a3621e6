"""sRGB to CIELAB under D65, as scikit-image's rgb2lab."""

import torch
from torch import Tensor

from models.metrics.elementary import chosen, power

_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_WHITE = (0.95047, 1.0, 1.08883)


def rgb_to_lab(image: Tensor) -> Tensor:
    """[N, 3, H, W] in [0, 1] to L* in 0-100, a* and b*, of the same shape."""
    return torch.stack(planes_to_lab(*image.unbind(1)), dim=1)


def planes_to_lab(red: Tensor, green: Tensor, blue: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same for planes of any one shape."""
    linear = _linear(red), _linear(green), _linear(blue)
    x, y, z = (
        _root(_mixed(linear, [share / white for share in shares]))
        for shares, white in zip(_TO_XYZ, _WHITE, strict=True)
    )
    return 116 * y - 16, (x - y).mul_(500), (y - z).mul_(200)


def _linear(plane: Tensor) -> Tensor:
    bright = power((plane + 0.055).div_(1.055), 2.4)
    return chosen(plane <= 0.04045, plane / 12.92, bright)


def _mixed(planes: tuple[Tensor, ...], shares: list[float]) -> Tensor:
    red, green, blue = planes
    return (red * shares[0]).add_(green, alpha=shares[1]).add_(blue, alpha=shares[2])


def _root(plane: Tensor) -> Tensor:
    cube = power(plane.clamp_min(1e-9), 1 / 3)
    return chosen(plane <= 0.008856, 7.787 * plane + 16 / 116, cube)
