"""Pictures to take a style from that have a name: drawn by arithmetic, each always the same.

Nobody's work is in them; they are CC0-1.0. What of them a picture takes on, colours, contrasts and
grain, is a method's affair: no method copies strokes.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SIDE_PX: Final = 384
Plane = NDArray[np.float64]
_SEED: Final = 1498  # the year of Dürer's Apocalypse
_PAPER: Final = np.array([0.95, 0.91, 0.82])
_TILES: Final = 900


@cache
def drawn(name: str) -> Tensor:
    """[1, 3, 384, 384] in [0, 1].

    Raises:
        KeyError: none is called so; `NAMES` lists them.
    """
    chance = np.random.default_rng(_SEED)
    pixels = np.clip(_DRAWN[name](chance), 0, 1).astype(np.float32)
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def _woodcut(chance: np.random.Generator) -> Plane:
    """Black lines that bend and swell on cream paper."""
    y, _ = _places()
    tone, bend = _clouds(chance, 4), _clouds(chance, 3)
    lines = 0.5 + 0.5 * np.sin(y * 2 * np.pi / 8 + 14 * bend)
    ink = _step(tone * 1.1 - lines, soft=0.12)
    return _mixed(_PAPER, np.array([0.08, 0.06, 0.06]), ink)


def _ink_wash(chance: np.random.Generator) -> Plane:
    """Three thin washes over each other; each is darkest at its rim."""
    light = np.ones((SIDE_PX, SIDE_PX))
    for cells in (3, 5, 8):
        water = _clouds(chance, cells)
        rim = np.exp(-(((water - 0.55) / 0.03) ** 2))
        light *= 1 - 0.35 * _step(water - 0.55, soft=0.05) - 0.25 * rim
    grain = 0.03 * chance.normal(size=light.shape)
    return _mixed(np.array([0.10, 0.12, 0.17]), _PAPER + 0.03, light + grain)


def _halftone(chance: np.random.Generator) -> Plane:
    """Dots of cyan, magenta and yellow, each screen at its own angle, over fields of colour."""
    y, x = _places()
    sheet = np.ones((SIDE_PX, SIDE_PX, 3))
    for channel, degrees in enumerate((15, 75, 0)):
        turn = np.radians(degrees)
        across, down = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
        screen = 0.25 * (2 + np.cos(across * 2 * np.pi / 9) + np.cos(down * 2 * np.pi / 9))
        dots = _step(screen - (1 - _clouds(chance, 3)), soft=0.08)
        sheet[..., channel] *= 1 - 0.5 * dots
    return sheet


def _mosaic(chance: np.random.Generator) -> Plane:
    """Small stones of a few colours with dark joints."""
    stones = np.array(
        [
            (0.11, 0.30, 0.45),
            (0.83, 0.68, 0.30),
            (0.70, 0.28, 0.18),
            (0.90, 0.87, 0.78),
            (0.22, 0.45, 0.36),
        ]
    )
    seeds = np.full((SIDE_PX, SIDE_PX), 1, np.uint8)
    places = chance.integers(0, SIDE_PX, (_TILES, 2))
    seeds[places[:, 0], places[:, 1]] = 0
    _, cells = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = int(cells.max()) + 1
    kinds = chance.integers(0, len(stones), number)
    colours = stones[kinds] + 0.05 * chance.normal(size=(number, 1))
    joints = cv2.morphologyEx(
        cells.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)
    )
    return np.where((joints > 0)[..., None], 0.16, colours[cells])


def _marble(chance: np.random.Generator) -> Plane:
    """Veins of grey and rust through white stone."""
    y, x = _places()
    turbid = sum(_clouds(chance, cells) / 2**n for n, cells in enumerate((3, 6, 12, 24)))
    veins = 1 - np.abs(np.sin((x + 0.6 * y) * np.pi / 160 + 5 * turbid))
    rust = _clouds(chance, 4)[..., None]
    dark = np.array([0.38, 0.38, 0.41]) * (1 - rust) + np.array([0.55, 0.36, 0.24]) * rust
    return _mixed(np.array([0.94, 0.93, 0.91]), dark, 0.9 * veins**5 + 0.06 * turbid)


_DRAWN: Final[Mapping[str, Callable[[np.random.Generator], Plane]]] = MappingProxyType(
    {
        "woodcut": _woodcut,
        "ink_wash": _ink_wash,
        "halftone": _halftone,
        "mosaic": _mosaic,
        "marble": _marble,
    }
)
NAMES: Final = tuple(_DRAWN)


def _places() -> tuple[Plane, Plane]:
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float64)
    return y, x


def _clouds(chance: np.random.Generator, cells: int) -> Plane:
    """Smooth noise of about so many clouds to a side, from 0 to 1."""
    small = chance.random((cells + 2, cells + 2))
    large = cv2.resize(small, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    low, high = float(large.min()), float(large.max())
    return np.asarray((large - low) / (high - low))


def _step(plane: Plane, *, soft: float) -> Plane:
    """0 below zero, 1 above it, with an edge of this width."""
    return np.clip(plane / soft + 0.5, 0, 1)


def _mixed(one: Plane, other: Plane, share: Plane) -> Plane:
    return one + (other - one) * np.clip(share, 0, 1)[..., None]
