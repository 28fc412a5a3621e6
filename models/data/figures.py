"""Drawn people and shirts: one person in any shirt, so that what should come out is known.

A shirt lies flat as its maker cuts it. On a person its body and sleeves are half cylinders: across
them what lies flat is seen as an arc from the front (the arcsine), so that no spline is exact.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]
Colour = tuple[float, float, float]

SKIN: Colour = (0.80, 0.60, 0.47)
HAIR: Colour = (0.25, 0.17, 0.12)
TROUSERS: Colour = (0.22, 0.25, 0.36)
GROUND: Colour = (0.90, 0.91, 0.92)

NECK, SHOULDER = 0.34, 0.86
"""How far from the middle the neck's corner and the shoulder are, in shares of half the width."""
SLOPE, ARMHOLE = 0.07, 0.36
"""How far down the shoulder and the armpit are, in shares of the body's height."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A shirt's or a person's proportions, in shares of the picture's height.

    Attributes:
        top: of the shoulders; `hem` is the lower end.
        half: half the body's width; at the hem so many times as wide: `flare`.
        sleeve: its length; `cuff` half its width at the end.
        angle_deg: how far the sleeves hang: 0 straight out, 90 straight down.
    """

    top: float = 0.22
    hem: float = 0.80
    half: float = 0.20
    flare: float = 1.05
    sleeve: float = 0.24
    cuff: float = 0.065
    angle_deg: float = 35.0


@dataclass(frozen=True, slots=True)
class Cloth:
    """What is printed on a shirt: two colours, so many stripes to a height, a badge."""

    ground: Colour = (0.75, 0.20, 0.20)
    stripe: Colour = (0.95, 0.90, 0.80)
    stripes: float = 9.0
    lean: float = 0.0
    badge: Colour = (0.10, 0.15, 0.35)


FLAT = Cut()


def flat(cloth: Cloth, *, size: int, cut: Cut = FLAT) -> tuple[Tensor, Tensor]:
    """A shirt lying flat: [1, 3, S, S] over white in [0, 1] and its coverage [1, 1, S, S]."""
    places, covered, _ = _shirt(_grid(size), cut, bent=False)
    colours = np.where(covered[..., None], _printed(places, cloth), 1.0)
    return _image(colours), _image(covered[..., None].astype(np.float64))


def person(cloth: Cloth, pose: Cut, *, size: int, light: float = 0.3) -> tuple[Tensor, Tensor]:
    """A person in this shirt: [1, 3, S, S] in [0, 1], and where the shirt is seen [1, 1, S, S].

    Args:
        cloth: what is printed on the shirt.
        pose: where the shirt's body and sleeves are on the person.
        size: of the picture, in pixels a side.
        light: how much darker a side is that is turned away.
    """
    grid = _grid(size)
    colours = np.broadcast_to(np.array(GROUND), (size, size, 3)).copy()
    for where, colour in _body(grid, pose):
        colours[where] = colour
    places, covered, turned = _shirt(grid, pose, bent=True)
    shade = (turned + 0.4).clip(-1, 1) ** 2
    printed = _printed(places, cloth) * (1 - light * shade)[..., None]
    colours = np.where(covered[..., None], printed.clip(0, 1), colours)
    return _image(colours), _image(covered[..., None].astype(np.float64))


def cloth_points(cut: Cut, *, size: int, bent: bool) -> Array:
    """[S, S, 2]: which point of the cloth each pixel shows, the same lying and worn; NaN elsewhere.

    Args:
        cut: of the shirt.
        size: in pixels a side.
        bent: whether it is worn, round a body, or lies flat.
    """
    places, covered, _ = _shirt(_grid(size), cut, bent=bent)
    return np.where(covered[..., None], np.stack(places, axis=-1), np.nan)


def landmarks(cut: Cut, *, size: int) -> dict[str, tuple[float, float]]:
    """The true ones of a shirt, lying or worn, by their names in `models.warping.outline`."""
    found = {}
    for name, (x, y) in _corners(cut).items():
        found[f"{name[0]}_left{name[1]}"] = ((0.5 + x) * size, y * size)
        found[f"{name[0]}_right{name[1]}"] = ((0.5 - x) * size, y * size)
    return {name: (float(x), float(y)) for name, (x, y) in found.items()}


def _corners(cut: Cut) -> dict[tuple[str, str], Array]:
    """Of the left side, x from the middle."""
    height, along = cut.hem - cut.top, _along(cut)
    outwards = np.array((-along[1], along[0]))
    shoulder = np.array((-SHOULDER * cut.half, cut.top + SLOPE * height))
    armpit = np.array((-cut.half, cut.top + ARMHOLE * height))
    end = (shoulder + armpit) / 2 + cut.sleeve * along
    return {
        ("neck", ""): np.array((-NECK * cut.half, cut.top)),
        ("shoulder", ""): shoulder,
        ("sleeve", "_top"): end + cut.cuff * outwards,
        ("sleeve", "_bottom"): end - cut.cuff * outwards,
        ("armpit", ""): armpit,
        ("hem", ""): np.array((-cut.flare * cut.half, cut.hem)),
    }


def _grid(size: int) -> tuple[Array, Array]:
    """From -0.5 to 0.5 across and from 0 to 1 down, of every pixel's centre."""
    steps = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(steps - 0.5, steps)
    return x, y


def _along(cut: Cut) -> Array:
    """The direction of the left sleeve."""
    angle = np.radians(cut.angle_deg)
    return np.array((-np.cos(angle), np.sin(angle)))


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a part of a shirt is, and for each pixel across it (-1 to 1) and down it (0 to 1)."""

    across: Array
    down: Array
    inside: NDArray[np.bool_]


def _trunk(grid: tuple[Array, Array], cut: Cut) -> _Part:
    """The shoulders slope, the armholes widen, the hem is flared, the neck is hollow."""
    x, y = np.abs(grid[0]), grid[1]
    down = (y - cut.top) / (cut.hem - cut.top)
    stops = (SLOPE, ARMHOLE, 1.0)
    wide = cut.half * np.interp(down, stops, (SHOULDER, 1.0, cut.flare))
    neck = NECK * cut.half
    sloping = SLOPE * (x / cut.half - NECK) / (SHOULDER - NECK)
    hollow = 0.2 * np.sqrt((1 - (x / neck).clip(0, 1) ** 2).clip(0, 1)) * neck / cut.half
    top = np.where(x < neck, hollow, sloping)
    return _Part(grid[0] / wide, down, (x <= wide) & (down >= top) & (down <= 1))


def _sleeve(grid: tuple[Array, Array], cut: Cut) -> _Part:
    """Both, the right one seen in a mirror: between four lines, by the distances from them."""
    corners = _corners(cut)
    shoulder, armpit = corners["shoulder", ""], corners["armpit", ""]
    top, low = corners["sleeve", "_top"], corners["sleeve", "_bottom"]
    points = np.stack((-np.abs(grid[0]), grid[1]), axis=-1)
    above, below = _off(points, shoulder, top), _off(points, low, armpit)
    root, cuff = _off(points, armpit, shoulder), _off(points, top, low)
    inside = (np.minimum(above, below) >= 0) & (root > -0.004) & (cuff >= 0)
    across = (below - above) / np.maximum(above + below, 1e-9)
    return _Part(across, root / np.maximum(root + cuff, 1e-9), inside)


def _off(points: Array, start: Array, end: Array) -> Array:
    """How far from a line; above 0 on the side of the sleeve."""
    way = (end - start) / np.linalg.norm(end - start)
    return np.asarray((points - start) @ np.array((way[1], -way[0])))


def _shirt(
    grid: tuple[Array, Array], cut: Cut, *, bent: bool
) -> tuple[tuple[Array, Array], NDArray[np.bool_], Array]:
    """Where on the cloth each pixel is, whether it is on it, and how far it faces the right."""
    trunk, sleeve = _trunk(grid, cut), _sleeve(grid, cut)
    side = np.sign(grid[0])
    over = [_arc(one.across) if bent else one.across for one in (trunk, sleeve)]
    around = np.where(trunk.inside, over[0], side * (1.6 - 0.4 * over[1]))
    down = np.where(trunk.inside, trunk.down, 0.1 + 0.5 * sleeve.down)
    turned = np.where(trunk.inside, trunk.across, side * sleeve.across)
    return (around, down), trunk.inside | sleeve.inside, turned


def _arc(across: Array) -> Array:
    """From where a point of a half cylinder is seen to where it is on the cloth."""
    return np.asarray(np.arcsin(across.clip(-1, 1)) / (np.pi / 2))


def _printed(places: tuple[Array, Array], cloth: Cloth) -> Array:
    around, down = places
    wave = np.sin(2 * np.pi * cloth.stripes * (down + cloth.lean * around))
    share = (0.5 + 4 * wave).clip(0, 1)[..., None]
    colours = np.array(cloth.ground) * (1 - share) + np.array(cloth.stripe) * share
    badge = ((around - 0.30) / 0.16) ** 2 + ((down - 0.30) / 0.07) ** 2 <= 1
    return np.where(badge[..., None], np.array(cloth.badge), colours)


def _body(grid: tuple[Array, Array], pose: Cut) -> tuple[tuple[NDArray[np.bool_], Colour], ...]:
    """What of a person is no shirt, from back to front."""
    x, y = grid
    top, half = pose.top, pose.half
    root = np.array((-0.9 * half, top + 0.18 * (pose.hem - pose.top)))
    local = np.stack((-np.abs(x) - root[0], y - root[1]), axis=-1)
    along = _along(pose)
    far, over = local @ along, local @ np.array((-along[1], along[0]))
    arm = (np.abs(over) < 0.7 * pose.cuff) & (far > 0) & (far < 2.1 * pose.sleeve)
    legs = (y > pose.hem - 0.03) & (np.abs(x) < half) & (np.abs(x) > 0.02 * (y > pose.hem + 0.08))
    neck = (np.abs(x) < 0.30 * half) & (y > top - 0.06) & (y < top + 0.04)
    radius = 0.42 * half
    head = (x / radius) ** 2 + ((y - top + 1.5 * radius) / (1.3 * radius)) ** 2 <= 1
    hair = head & (y < top - 1.9 * radius)
    return ((arm, SKIN), (legs, TROUSERS), (neck, SKIN), (head, SKIN), (hair, HAIR))


def _image(values: Array) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None].contiguous()
