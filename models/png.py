"""Writes PNG: each row under the filter that leaves it smallest, deflated by ISA-L.

`python -m benchmarks.pictures` has it beside zlib's levels and other encoders.
"""

import struct
from collections.abc import Callable

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from models.containers import PNG_SIGNATURE, png_chunk

Levels = NDArray[np.uint8]
Deflate = Callable[[Levels], bytes]

_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
# What is filtered at once should stay in the processor's cache.
_BAND_BYTES = 1 << 17


def deflate(filtered: Levels) -> bytes:
    """ISA-L's level 1: its higher ones take longer and save nothing."""
    return isal_zlib.compress(filtered, 1)


def write(levels: Levels, *, deflate: Deflate = deflate) -> bytes:
    """A file without metadata of uint8 [H, W, C]: grey, RGB or RGBA."""
    height, width, channels = levels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    rows = np.ascontiguousarray(levels).reshape(height, width * channels)
    pixels = deflate(_filtered(rows, step=channels))
    chunks = (png_chunk(b"IHDR", header), png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b""))
    return b"".join((PNG_SIGNATURE, *chunks))


def _filtered(rows: Levels, *, step: int) -> Levels:
    """[H, 1 + W * C]: each row behind the number of its filter."""
    height, length = rows.shape
    filtered = np.empty((height, 1 + length), np.uint8)
    above = np.zeros(length, np.uint8)
    band = max(1, _BAND_BYTES // length)
    for top in range(0, height, band):
        part = rows[top : top + band]
        _choose(_differences(part, above, step=step), filtered[top : top + band])
        above = part[-1]
    return filtered


def _differences(rows: Levels, above: Levels, *, step: int) -> Levels:
    """[3, H, W * C], modulo 256: to the left, to the upper, to both's mean.

    Paeth's filter is left out: slow outside C, and it saves no more than 3 % beside these.
    """
    upper = np.concatenate((above[None], rows[:-1]))
    left = np.zeros_like(rows)
    left[:, step:] = rows[:, :-step]
    differences = np.empty((3, *rows.shape), np.uint8)
    np.subtract(rows, left, out=differences[0])
    np.subtract(rows, upper, out=differences[1])
    # (left + upper) // 2 without a ninth bit.
    common = left & upper
    left ^= upper
    left >>= 1
    left += common
    np.subtract(rows, left, out=differences[2])
    return differences


def _choose(differences: Levels, filtered: Levels) -> None:
    """The rows with the least sum of absolute differences, as libpng chooses."""
    sizes = np.abs(differences.view(np.int8)).view(np.uint8)
    best = _sums(sizes).argmin(axis=0)
    filtered[:, 0] = best + 1
    filtered[:, 1:] = differences[best, np.arange(len(best))]


def _sums(sizes: Levels) -> NDArray[np.int32]:
    """[3, H]; OpenCV adds bytes several times faster than numpy."""
    kinds, height, length = sizes.shape
    flat = sizes.reshape(kinds * height, length)
    sums = cv2.reduce(flat, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(sums, np.int32).reshape(kinds, height)
