"""OKLab (Ottosson 2020): lightness and two tints in which equal steps look equal."""

import torch
from torch import Tensor

_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_HALVINGS = 10


def from_rgb(image: Tensor) -> Tensor:
    """[N, 3, H, W] sRGB in [0, 1] to L in 0-1 and two tints of about -0.4 to 0.4."""
    linear = torch.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    cones = _mixed(linear, _TO_CONES).clamp_min(0) ** (1 / 3)
    return _mixed(cones, _TO_LAB)


def to_rgb(lab: Tensor) -> Tensor:
    """[N, 3, H, W] back to sRGB; a tint beyond what a screen shows is made paler, not clipped.

    Clipping would change hue and lightness; paling keeps both.
    """
    linear = _linear(lab, torch.ones_like(lab[:, :1]))
    beyond = ~_fits(linear)
    if bool(beyond.any()):
        few = lab.permute(0, 2, 3, 1)[beyond[:, 0]].T[None, :, :, None]
        paled = _linear(few, _most_tint(few))[0, :, :, 0].T
        linear.permute(0, 2, 3, 1)[beyond[:, 0]] = paled
    linear = linear.clamp(0, 1)
    curved = 1.055 * linear.clamp_min(1e-9) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, curved)


def _most_tint(lab: Tensor) -> Tensor:
    """The largest share of each pixel's tint that a screen shows, by halving."""
    low, high = torch.zeros_like(lab[:, :1]), torch.ones_like(lab[:, :1])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = _fits(_linear(lab, middle))
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    return low


def _fits(linear: Tensor) -> Tensor:
    return ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all(dim=1, keepdim=True)


def _linear(lab: Tensor, share: Tensor) -> Tensor:
    paled = torch.cat((lab[:, :1], lab[:, 1:] * share), dim=1)
    return _mixed(_mixed(paled, _inverse(_TO_LAB)) ** 3, _inverse(_TO_CONES))


def _mixed(image: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.einsum("ij,njhw->nihw", image.new_tensor(matrix), image)


def _inverse(matrix: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    inverted: list[list[float]] = torch.tensor(matrix, dtype=torch.float64).inverse().tolist()
    return tuple(tuple(row) for row in inverted)
