"""Finds a mark without the original: what repeats is laid over itself until it stands out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.watermarking import pattern, payload
from models.watermarking.embed import luminance
from models.watermarking.pattern import PERIOD_PX, TILE_PX, Pattern, Plane

SCALES: Final = (1.0, 0.5, 0.75)
"""Sizes at which a marked picture is looked for, of the size at which it was marked."""
_LEAST_PEAK: Final = 5.5
_PLACES: Final = 2
_ENOUGH_PX: Final = 4096
_FINE_PX, _COARSE_PX, _NEAR_PX = 0.8, 8.0, 16.0
_MOST, _CALM, _EVENED = 2.5, 5.0, 0.85


@dataclass(frozen=True, slots=True)
class Found:
    """A mark that was read, its checksum right.

    Attributes:
        told: its 48 bits.
        scale: the size of the picture, of the one that was marked.
        wrong: the share of its signs that were read wrongly and mended.
    """

    told: int
    scale: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Folded:
    """All periods of a picture laid over each other, as if it were of one size.

    Attributes:
        period: [128, 128].
    """

    scale: float
    period: Plane


def find(image: Tensor, *, key: str) -> Found | None:
    """The mark of this key, at any place; None where there is none that can be read.

    Args:
        image: [1, C, H, W] in [0, 1].
        key: that it was made with.
    """
    return read(folds(image), key=key)


def folds(image: Tensor) -> tuple[Folded, ...]:
    """What is looked at for any key: the picture at each size."""
    luma = _middle(luminance(image))
    return tuple(Folded(scale, _folded(luma, scale)) for scale in SCALES)


def read(folded: Iterable[Folded], *, key: str) -> Found | None:
    """The mark of this key in a picture that was folded."""
    own = pattern.of(key)
    for one in folded:
        for tile in _placed(one.period, own):
            heard = own.heard(tile)
            told = payload.decode(_weighed(heard))
            if told is not None:
                wrong = float((np.sign(heard) != payload.encode(told)).mean())
                return Found(told, one.scale, wrong)
    return None


def _middle(luma: Plane) -> Plane:
    """Of a large picture its middle, which holds periods enough."""
    top, left = (max(0, side - _ENOUGH_PX) // 2 for side in luma.shape)
    return np.ascontiguousarray(luma[top : top + _ENOUGH_PX, left : left + _ENOUGH_PX])


def _folded(luma: Plane, scale: float) -> Plane:
    """[128, 128]: all periods of the picture laid over each other, at the size of the mark."""
    period = round(PERIOD_PX * scale)
    calm = _evened(luma, scale)
    height, width = (-(-side // period) for side in calm.shape)
    padded = np.zeros((height * period, width * period), np.float32)
    padded[: calm.shape[0], : calm.shape[1]] = calm
    mean = np.asarray(padded.reshape(height, period, width, period).mean(axis=(0, 2)), np.float32)
    return mean if period == PERIOD_PX else _resized(mean)


def _evened(luma: Plane, scale: float) -> Plane:
    """What is neither finer nor coarser than a mark's waves, equally strong everywhere."""
    fine = cv2.GaussianBlur(luma, (0, 0), _FINE_PX)
    middle = fine - cv2.GaussianBlur(luma, (0, 0), _COARSE_PX * scale)
    power = cv2.GaussianBlur(middle * middle, (0, 0), _NEAR_PX * scale)
    spread = np.sqrt(np.maximum(power, 0)) + 0.3
    evened = np.clip(middle / spread, -_MOST, _MOST) * (_CALM / (spread + _CALM))
    return np.asarray(evened, np.float32)


def _resized(tile: Plane) -> Plane:
    """A period of other length at 128, by its waves; it is periodic, so nothing is lost."""
    waves, side = np.fft.fftshift(np.fft.fft2(tile)), len(tile)
    margin = (PERIOD_PX - side) // 2
    grown = np.pad(waves, (margin, PERIOD_PX - side - margin))
    return np.asarray(np.fft.ifft2(np.fft.ifftshift(grown)).real, np.float32)


def _placed(folded: Plane, own: Pattern) -> Iterator[Plane]:
    """The likeliest places of the pilot, each with the tile [64, 64] that begins there."""
    heard, pilot = np.fft.fft2(folded), np.fft.fft2(own.pilot)
    heard = heard / (np.abs(heard) ** _EVENED + 1e-6)
    likely = np.fft.ifft2(heard * np.conj(pilot)).real
    spread = float(likely.std()) or 1.0
    for place in np.argsort(likely, axis=None)[::-1][:_PLACES]:
        down, right = divmod(int(place), PERIOD_PX)
        peak = float(likely[down, right]) / spread
        if peak < _LEAST_PEAK:
            return
        yield _unfolded(np.roll(folded, (-down, -right), axis=(0, 1)))


def _unfolded(period: Plane) -> Plane:
    """[64, 64]: the mean of the tile and its three reflections."""
    upper = period[:TILE_PX] + period[: TILE_PX - 1 : -1]
    whole = upper[:, :TILE_PX] + upper[:, : TILE_PX - 1 : -1]
    return np.asarray(whole / 4, np.float32)


def _weighed(heard: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of one mean strength, so that no single wave of the picture decides."""
    middle = float(np.median(np.abs(heard))) or 1.0
    return np.clip(heard / middle, -3, 3)
