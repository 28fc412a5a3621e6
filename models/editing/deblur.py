"""Makes a picture that is a little out of focus sharp again: by a network, or by Wiener's filter.

The classical way knows two things of pictures: power falls with the square of the frequency, and
noise has the same at all of them. What the filter adds is kept where it is more than the noise that
it lifts with it (Lee 1980), so plain grounds stay plain. What is gone, as by motion, stays gone.
"""

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from models.data.spoiling import STRENGTH_A_PIXEL
from models.editing.mending import Mender, delivered, learned, mixed, opened
from models.made import Made
from models.metrics.blur_radius import blur_radius
from models.metrics.noise import noise_sigma
from models.metrics.spectral_fall import spectral_fall
from models.tiles import tiled

MOST_RADIUS_PX: Final = 5.0
_SMALLEST_SIDE = 16
_SHARP_PX = 0.45  # the edges of sharp photographs are mostly found to have up to that
_SHARP_FALL_PX = 0.7  # and their finest detail, where it is seen, up to that
_SOFT_EDGES_PX = 1.0  # softer ones are nobody's but a blur's
_LEAST_NOISE = 0.4  # rounding to 8 bits, as the estimate sees it
_PRIOR = 50.0
"""How much more noise than signal there is at one cycle a pixel, for noise of power 1; by trial."""
_AROUND = 3
_SURE = 1.5
"""So many times the noise is still taken for noise."""
_TILE, _MARGIN, _UNIT = 512, 64, 8


def deblur(
    image: Tensor,
    *,
    radius_px: float | None,
    noise: float | None,
    strength: float,
    mender: Mender | None = None,
    alpha: Tensor | None = None,
) -> Made:
    """Takes a Gaussian blur of a told or found radius back, in tiles; a sharp picture stays.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        radius_px: standard deviation of the blur, 0 to 5; None: it is found from the edges.
        noise: standard deviation of the noise in 8-bit steps; None: it is found.
        strength: 0 leaves the picture, 1 takes all that was found.
        mender: who does it; None for Wiener's filter.
        alpha: [1, 1, H, W], the picture's transparency, kept as it is; the result is RGBA then.
    """
    source = opened(image, alpha, least_side=_SMALLEST_SIDE)
    found = float(noise_sigma(source)[0]) if noise is None else noise
    radius = _radius(source, found) if radius_px is None else radius_px
    report: dict[str, float | int | str | None] = {
        "radius_px": radius,
        "radius_estimated": int(radius_px is None),
        "noise": found,
        "engine": "classical" if mender is None else "network",
        "left_alone": int(is_sharp(radius, told=radius_px is not None) or strength == 0),
    }
    if report["left_alone"]:
        return Made((delivered(source.clone(), alpha),), report=report)
    radius = min(radius, MOST_RADIUS_PX)
    sharp = (
        tiled(wiener(radius, found), source, tile=_TILE, margin=_MARGIN, multiple=_UNIT)
        if mender is None
        else learned(source, STRENGTH_A_PIXEL * radius, mender)
    )
    return Made((mixed(sharp, source, strength=strength, alpha=alpha),), report=report)


def is_sharp(radius_px: float, *, told: bool) -> bool:
    """Whether there is nothing to do; one that was found must be more than sharp edges have."""
    return radius_px == 0 if told else radius_px < _SHARP_PX


def _radius(source: Tensor, noise: float) -> float:
    """What edges tell; 0 where the finest detail is still there: soft edges are its own."""
    found = blur_radius(source)
    is_there = spectral_fall(source, noise=noise) < _SHARP_FALL_PX
    return 0.0 if found < _SOFT_EDGES_PX and is_there else found


def wiener(radius_px: float, noise: float) -> Callable[[Tensor], Tensor]:
    """For this blur and noise: [N, C, h, w] in [0, 1] to the same, unclipped."""
    power = _PRIOR * (max(noise, _LEAST_NOISE) / 255) ** 2

    def sharpened(tile: Tensor) -> Tensor:
        height, width = tile.shape[2:]
        # A period of the picture and its mirror image has no step at its ends.
        framed = torch.cat((tile, tile.flip(2)), dim=2)
        framed = torch.cat((framed, framed.flip(3)), dim=3)
        up = torch.fft.fftfreq(2 * height)[:, None]
        along = torch.fft.rfftfreq(2 * width)[None]
        squared = (2 * math.pi) ** 2 * (up**2 + along**2)
        blur = torch.exp(-squared * radius_px**2 / 2)
        back = blur / (blur**2 + power * squared)
        back[0, 0] = 1.0  # the mean brightness stays
        made = torch.fft.irfft2(torch.fft.rfft2(framed) * back, s=framed.shape[2:])
        added = made[:, :, :height, :width] - tile
        lifted_noise = (max(noise, _LEAST_NOISE) / 255) ** 2 * float(((back - 1) ** 2).mean())
        return tile + _worth(added, lifted_noise) * added

    return sharpened


def _worth(added: Tensor, noise: float) -> Tensor:
    """How much of what was added is no noise, around each pixel: [N, 1, h, w] of 0 to 1."""
    framed = functional.pad(added.square().mean(1, keepdim=True), (_AROUND,) * 4, mode="replicate")
    energy = functional.avg_pool2d(framed, 2 * _AROUND + 1, stride=1)
    return ((energy - _SURE * noise) / energy.clamp(min=1e-12)).clamp(0, 1)
