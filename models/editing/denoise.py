"""Takes noise out of a picture: by a network, or by non-local means (Buades et al. 2005)."""

from collections.abc import Callable

import torch
from skimage.restoration import denoise_nl_means
from torch import Tensor

from models.editing.mending import Mender, delivered, learned, mixed, opened
from models.made import Made
from models.metrics.noise import noise_sigma
from models.tiles import tiled

_PATCH, _REACH = 5, 6
_SMALLEST_SIDE = 8
_CLEAN_SIGMA = 0.3  # less than the rounding to 8 bits itself


def denoise(
    image: Tensor,
    *,
    sigma: float | None,
    strength: float,
    mender: Mender | None = None,
    alpha: Tensor | None = None,
) -> Made:
    """Removes noise of a told or estimated strength, in tiles.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        sigma: standard deviation of the noise in 8-bit units; None to estimate it.
        strength: 0 leaves the picture, 1 takes all that was found.
        mender: who removes it; None for non-local means.
        alpha: [1, 1, H, W], the picture's transparency, kept as it is; the result is RGBA then.
    """
    source = opened(image, alpha, least_side=_SMALLEST_SIDE)
    told = float(noise_sigma(source)[0]) if sigma is None else sigma
    used = min(told, 75.0)
    report: dict[str, float | int | str | None] = {
        "sigma": used,
        "sigma_estimated": int(sigma is None),
        "engine": "classical" if mender is None else "network",
    }
    if used < _CLEAN_SIGMA or strength == 0:
        return Made((delivered(source.clone(), alpha),), report=report)
    clean = _classical(source, used) if mender is None else learned(source, used, mender)
    return Made((mixed(clean, source, strength=strength, alpha=alpha),), report=report)


def non_local_means(sigma: float) -> Callable[[Tensor], Tensor]:
    """For a noise of this strength: [1, C, H, W] in [0, 1] to the same, unclipped."""
    spread = sigma / 255

    def denoised(tile: Tensor) -> Tensor:
        pixels = tile[0].permute(1, 2, 0).contiguous().numpy()
        clean = denoise_nl_means(
            pixels,
            patch_size=_PATCH,
            patch_distance=_REACH,
            h=0.6 * spread,
            sigma=spread,
            fast_mode=True,
            channel_axis=-1,
        )
        return torch.from_numpy(clean.reshape(pixels.shape)).permute(2, 0, 1)[None].float()

    return denoised


def _classical(source: Tensor, sigma: float) -> Tensor:
    return tiled(non_local_means(sigma), source, tile=256, margin=_REACH + _PATCH, multiple=1)
