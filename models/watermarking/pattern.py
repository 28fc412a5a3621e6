"""Which waves a key's mark is made of: places and signs among the DCT's middle frequencies.

A tile of 64 x 64 is continued by reflection, as the DCT itself continues it, so no seam shows; the
whole repeats every 128 pixels. Waves of 6 to 43 pixels survive a picture of half the size.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.watermarking import payload

Plane = NDArray[np.float32]

TILE_PX: Final = 64
PERIOD_PX: Final = 2 * TILE_PX
_LOWEST, _HIGHEST = 3.0, 22.5
_RING: Final = 3
_PURPOSE: Final = b"packshot watermark, version 1"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A key's own.

    Attributes:
        rows: of each wave's place in the tile's DCT, as `columns`; the signs' come first.
        turns: [N] of -1 and 1, by which each wave is turned.
        pilot: [128, 128] by which the mark is found; it says nothing.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    turns: NDArray[np.float64]
    pilot: Plane

    def tile(self, signs: NDArray[np.float64]) -> Plane:
        """[128, 128] of mean square 1: the signs, and the pilot's waves beside them."""
        waves = self.turns.copy()
        waves[: len(signs)] *= signs
        return _drawn(self.rows, self.columns, waves)

    def heard(self, tile: Plane) -> NDArray[np.float64]:
        """The signs [280] in a tile [64, 64], each as strong as it stands out among its like."""
        waves = cv2.dct(np.ascontiguousarray(tile))[self.rows, self.columns].astype(np.float64)
        ring = np.hypot(self.rows, self.columns).astype(np.int64) // _RING
        turned = waves * self.turns
        power = _means(ring, waves * waves)
        # What is left of the pilot at a frequency is left of the signs there too.
        left = _means(ring[payload.SIGNS :], turned[payload.SIGNS :], rings=len(power))
        left = np.maximum(left, 0.1 * np.sqrt(power))
        return (turned * (left / (power + 1e-12))[ring])[: payload.SIGNS]


@lru_cache(maxsize=64)
def of(key: str) -> Pattern:
    """The same for the same key on every machine."""
    rows, columns = _band()
    drawn = hashlib.shake_256(_PURPOSE + key.encode()).digest(len(rows) * 9)
    order = np.argsort(np.frombuffer(drawn[: len(rows) * 8], ">u8"), kind="stable")
    odd = np.frombuffer(drawn[len(rows) * 8 :], np.uint8) & 1
    turns = np.where(odd == 1, -1.0, 1.0).astype(np.float64)
    rows, columns = rows[order], columns[order]
    silent = turns.copy()
    silent[: payload.SIGNS] = 0
    return Pattern(rows, columns, turns, _drawn(rows, columns, silent))


def _band() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    across = np.arange(TILE_PX)
    radius = np.hypot(across[:, None], across)
    rows, columns = np.nonzero((radius >= _LOWEST) & (radius <= _HIGHEST))
    return rows, columns


def _means(
    ring: NDArray[np.int64], values: NDArray[np.float64], *, rings: int = 0
) -> NDArray[np.float64]:
    counts = np.bincount(ring, minlength=rings)
    return np.bincount(ring, values, minlength=rings) / np.maximum(counts, 1)


def _drawn(
    rows: NDArray[np.int64], columns: NDArray[np.int64], waves: NDArray[np.float64]
) -> Plane:
    held = np.zeros((TILE_PX, TILE_PX), np.float32)
    held[rows, columns] = waves
    tile = cv2.idct(held)
    tile = tile / np.sqrt(np.mean(tile * tile))
    return np.asarray(np.pad(tile, (0, TILE_PX), mode="symmetric"), np.float32)
