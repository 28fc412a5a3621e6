"""Dead leaves: shapes of all sizes fall on each other, in the colours of photographs.

Sizes by a power law and one before the other give the edges that photographs have (Lee, Mumford &
Huang 2001), and networks learn from them what few photographs show (Baradad et al. 2021): here, to
find a product before a wood, a heap or a pattern. Nobody's work is in them but for the colours.
"""

import math
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LEAVES: Final = (150, 900)
CORNERS: Final = (3, 8)
SMALLEST_PX: Final = (1.5, 8.0)
LARGEST_PX: Final = 12.0
"""Or more, up to half of a side."""
POWER: Final = (1.5, 3.0)
"""How much rarer larger leaves are; 3 where all scales look alike."""
BLADES: Final = 0.6
"""In the most bladed picture so many leaves are long and thin."""
SUBPIXEL_BITS: Final = 4

Plane = NDArray[np.float32]
Points = NDArray[np.float64]


def drawn(photographs: Tensor, count: int, *, seed: int) -> Tensor:
    """Uint8 [count, 3, P, P], always the same for the same seed.

    Args:
        photographs: uint8 [M, 3, P, P]; colours are taken of one to three at a time.
        count: how many; a thousand of 128 pixels take about five seconds of one core.
        seed: of all that is left to chance.
    """
    chance = np.random.default_rng(seed)
    pictures = [_picture(photographs, chance) for _ in range(count)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


def _picture(photographs: Tensor, chance: np.random.Generator) -> NDArray[np.uint8]:
    side = photographs.shape[-1]
    colours = _colours(photographs, chance)
    leaves = int(chance.integers(*LEAVES))
    inks = colours[chance.integers(len(colours), size=leaves)]
    inks = inks * chance.uniform(0.75, 1.25, (leaves, 1))
    corners = chance.integers(CORNERS[0], CORNERS[1] + 1, leaves)
    sheet = np.full((side, side, 3), colours[0], np.float32)
    for outline, ink, many in zip(_outlines(leaves, side, chance), inks, corners, strict=True):
        spread = outline[np.arange(many) * CORNERS[1] // many]
        cv2.fillPoly(sheet, [spread], ink.tolist(), cv2.LINE_8, SUBPIXEL_BITS)
    lit = sheet * _light(side, chance) * _grain(side, chance)
    soft = cv2.GaussianBlur(lit, (0, 0), chance.uniform(0.4, 1.6))
    return np.clip(soft, 0, 255).astype(np.uint8)


def _colours(photographs: Tensor, chance: np.random.Generator) -> Points:
    """[K, 3] of pixels; at times with more contrast, or with other channels for red and blue."""
    rows = chance.integers(len(photographs), size=chance.integers(1, 4))
    pixels = photographs[torch.from_numpy(rows)].permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    found = pixels[chance.integers(len(pixels), size=200)].astype(np.float64)
    mean = found.mean(0)
    found = mean + (found - mean) * chance.uniform(0.5, 1.8)
    return found[:, chance.permutation(3)] if chance.random() < 0.5 else found


def _outlines(leaves: int, side: int, chance: np.random.Generator) -> NDArray[np.int32]:
    """[leaves, 8, 2] in sixteenths of a pixel, each around a place of its own."""
    size = (leaves, CORNERS[1])
    around = np.sort(chance.uniform(0, 2 * math.pi, size), axis=1)
    radius = _radii(leaves, side, chance)[:, None] * chance.uniform(0.6, 1.3, size)
    blade = chance.random((leaves, 1)) < BLADES * chance.random()
    narrow = np.where(
        blade, chance.uniform(0.03, 0.25, (leaves, 1)), chance.uniform(0.35, 1, (leaves, 1))
    )
    along = np.cos(around) * radius * np.where(blade, 2.5, 1)
    across = np.sin(around) * radius * narrow
    turn = _turns(leaves, chance)
    place = chance.uniform(-0.05 * side, 1.05 * side, (leaves, 2, 1))
    x = along * np.cos(turn) - across * np.sin(turn) + place[:, 0]
    y = along * np.sin(turn) + across * np.cos(turn) + place[:, 1]
    return (np.stack([x, y], axis=2) * 2**SUBPIXEL_BITS).round().astype(np.int32)


def _radii(leaves: int, side: int, chance: np.random.Generator) -> Points:
    """[leaves] by a power law between a smallest and a largest, of the picture's own."""
    low = chance.uniform(*SMALLEST_PX)
    high = chance.uniform(LARGEST_PX, max(LARGEST_PX, side / 2))
    power = 1 - chance.uniform(*POWER)
    share = chance.random(leaves)
    return np.asarray((low**power + share * (high**power - low**power)) ** (1 / power))


def _turns(leaves: int, chance: np.random.Generator) -> Points:
    """[leaves, 1] in radians: two in five grow about the same way."""
    grown = chance.uniform(0, math.pi) + chance.normal(0, 0.5, (leaves, 1))
    return np.where(
        chance.random((leaves, 1)) < 0.4, grown, chance.uniform(0, math.pi, (leaves, 1))
    )


def _light(side: int, chance: np.random.Generator) -> Plane:
    """[side, side, 1] around one, of light and shade that change slowly."""
    small = chance.uniform(0.5, 1.3, (3, 3)).astype(np.float32)
    large = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large[..., None], np.float32)


def _grain(side: int, chance: np.random.Generator) -> Plane:
    """[side, side, 1] around one: coarse or fine, strong or not there."""
    cells = int(chance.integers(4, side))
    small = chance.normal(0, 1, (cells, cells)).astype(np.float32)
    large = cv2.resize(small, (side, side))[..., None]
    return np.asarray(1 + chance.uniform(0, 0.2) * large, np.float32)
