"""A photographer's studio as a handful of lamps: a softbox, a fill, a rim and a white room."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]

KEY = (-0.55, 0.75, 0.60)
"""Where the large softbox stands, in camera axes (right, up, back): left, above, in front."""


@dataclass(frozen=True, slots=True)
class Light:
    """How the studio is lit: as for a camera on that side, the softbox so many times as strong."""

    azimuth_deg: float = 30.0
    key: float = 1.0


@dataclass(frozen=True, slots=True)
class Lamps:
    """Directions towards the lamps [L, 3] in world axes and what each adds to a white surface."""

    directions: Vectors
    weights: Vectors


def lamps(level: Vectors, *, count: int = 40, key: float = 1.0) -> Lamps:
    """`count` lamps in the camera's `level` axes, so that every view is lit alike.

    A third of them make up the softbox; more lamps give softer shadows and take longer.
    """
    softbox = _cluster(KEY, spread=0.30, count=count // 3)
    room = _sphere(count - len(softbox))
    directions = np.concatenate([softbox, room])
    weights = np.concatenate(
        [np.full(len(softbox), 1.05 * key / len(softbox)), 1.25 * _room_light(room) / len(room)]
    )
    return Lamps(directions @ level, weights)


def _room_light(directions: Vectors) -> Vectors:
    """White ceiling, a paper sweep that gives light back from below, a fill on the right."""
    height = directions[:, 1]
    ceiling = np.where(height > 0, 1.15 + 0.6 * height, 0.75)
    fill = 0.7 * np.clip(directions @ _unit((0.8, 0.2, 0.55)), 0, 1) ** 4
    rim = 0.9 * np.clip(directions @ _unit((0.5, 0.5, -0.7)), 0, 1) ** 4
    return ceiling + fill + rim


def _cluster(centre: tuple[float, float, float], *, spread: float, count: int) -> Vectors:
    """Directions in a disc around `centre`, evenly: the golden spiral."""
    axis = _unit(centre)
    across = _unit(np.cross(axis, (0.0, 1.0, 0.0)))
    index = np.arange(count) + 0.5
    radius, angle = spread * np.sqrt(index / count), index * 2.399963
    disc = np.outer(np.cos(angle), across) + np.outer(np.sin(angle), np.cross(axis, across))
    spread_out = axis + radius[:, None] * disc
    return spread_out / np.linalg.norm(spread_out, axis=1, keepdims=True)


def _sphere(count: int) -> Vectors:
    index = np.arange(count) + 0.5
    height, angle = 1 - 2 * index / count, index * 2.399963
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), height, ring * np.sin(angle)], axis=1)


def _unit(vector: tuple[float, float, float] | Vectors) -> Vectors:
    array = np.asarray(vector, np.float64)
    return array / np.linalg.norm(array)
