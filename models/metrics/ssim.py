"""Structural similarity (Wang et al. 2004); agrees with scikit-image's Gaussian form to 1e-5."""

import math
from types import ModuleType

from torch import Tensor

from models.metrics import ssim_cpu, ssim_torch
from models.metrics.bare import is_plain
from models.metrics.gaussian_window import RADIUS, WINDOW
from models.metrics.mask import area, erode, inside, surrounding


class TooSmall(ValueError):
    """An image smaller than the 11-pixel window has no structural similarity."""


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity over channels and the interior.

    The same number as `structural_similarity(channel_axis=-1, data_range=1, gaussian_weights=True,
    sigma=1.5, use_sample_covariance=False)`; computed where the images lie, and with a gradient
    where they ask for one.

    Args:
        a: [N, C, H, W] in [0, 1].
        b: the same shape.

    Returns:
        [N] float64.
    """
    _check(a, b)
    whole, _ = _by(a, b).sums(a, b, None)
    return whole / (a.shape[1] * math.prod(_interior(a)))


def region_ssim(a: Tensor, b: Tensor, *, mask: Tensor) -> Tensor:
    """Mean over the windows that lie wholly in the mask, so that nothing outside leaks in.

    Args:
        a: [N, C, H, W] in [0, 1].
        b: the same shape.
        mask: [N, 1, H, W]; above one half is inside.

    Returns:
        [N] float64; NaN where no window fits.
    """
    _check(a, b)
    rows, columns = surrounding(mask, least=WINDOW)
    cut = (..., rows, columns)
    return whole_and_region_ssim(a[cut], b[cut], mask=mask[cut])[1]


def whole_and_region_ssim(a: Tensor, b: Tensor, *, mask: Tensor) -> tuple[Tensor, Tensor]:
    """`ssim` and `region_ssim` from one map, for little more than the cost of the first."""
    _check(a, b)
    windows = inside(erode(mask, RADIUS)[..., RADIUS:-RADIUS, RADIUS:-RADIUS])
    whole, region = _by(a, b).sums(a, b, windows)
    return (
        whole / (a.shape[1] * math.prod(_interior(a))),
        region / (a.shape[1] * area(windows)),
    )


def ssim_map(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity of every window: [N, C, H - 10, W - 10]."""
    _check(a, b)
    found: Tensor = _by(a, b).whole_map(a, b)
    return found


def _interior(image: Tensor) -> tuple[int, int]:
    return image.shape[-2] - WINDOW + 1, image.shape[-1] - WINDOW + 1


def _check(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape or a.ndim != 4:
        raise ValueError(f"expected two equal [N, C, H, W], got {tuple(a.shape)}, {tuple(b.shape)}")
    if min(a.shape[-2:]) < WINDOW:
        raise TooSmall(f"a side of at least {WINDOW} pixels is needed, got {tuple(a.shape[-2:])}")


def _by(a: Tensor, b: Tensor) -> ModuleType:
    """What computes it: the fast way where the images allow it."""
    return ssim_cpu if is_plain(a, b) else ssim_torch
