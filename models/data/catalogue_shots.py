"""From where, in which light and how large each model of the catalogue is photographed: by seed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from models.data.camera import View
from models.data.catalogue import Entry
from models.data.scene import Detail
from models.data.studio_light import Light

Colour = tuple[float, float, float]

SIDE_DEG, FLAT_SIDE_DEG = 65.0, 25.0
"""How far around a product the camera goes: a shop shows no backs."""
HEIGHT_DEG, FLAT_HEIGHT_DEG = (4.0, 34.0), (70.0, 86.0)
TURN_DEG = (-35.0, 120.0)
"""The softbox stands from far left to far right of the camera."""
KEY = (0.8, 1.15)
FILL = (0.72, 0.92)
SHIFT = 0.04
DYES = 6
DETAIL = Detail(supersample=3, lamps=24, shadow_px=256)
SHOTS_A_LIGHT = 3
"""Neighbours share their light: to set it up takes as long as a shot."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides every picture of the catalogue, together with the models.

    Attributes:
        side_px: of the pictures.
        views: pictures of each model.
        seed: the same seed gives the same shots.
        detail: how much work a picture gets.
    """

    side_px: int = 64
    views: int = 24
    seed: int = 0
    detail: Detail = DETAIL

    def digest(self, meshes: Iterable[str]) -> str:
        """The same recipe, ranges and models give the same 16 letters."""
        ranges = (SIDE_DEG, FLAT_SIDE_DEG, HEIGHT_DEG, FLAT_HEIGHT_DEG, TURN_DEG, KEY, FILL, SHIFT)
        told = json.dumps([asdict(self), ranges, DYES, SHOTS_A_LIGHT, sorted(meshes)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph, and what its recoloured twin may be like.

    Attributes:
        view: from where, and how large.
        dyes: colours in sRGB [0, 1] for one of its materials; the first that differs is taken.
        choice: in [0, 1), which of its materials.
    """

    view: View
    dyes: tuple[Colour, ...]
    choice: float


@dataclass(frozen=True, slots=True)
class Sitting:
    """Shots from neighbouring places, in one light."""

    light: Light
    shots: tuple[Shot, ...]


def sittings(entry: Entry, recipe: Recipe) -> tuple[Sitting, ...]:
    """All shots of one model; they depend on its name and the recipe, not on other models."""
    name = f"{recipe.seed}/{entry.library}/{entry.identity}"
    chance = np.random.default_rng(list(hashlib.sha256(name.encode()).digest()))
    taken = [_shot(entry, chance, step / recipe.views, recipe) for step in range(recipe.views)]
    starts = range(0, recipe.views, SHOTS_A_LIGHT)
    return tuple(_sitting(taken[start : start + SHOTS_A_LIGHT], chance) for start in starts)


def _sitting(shots: list[Shot], chance: np.random.Generator) -> Sitting:
    middle = shots[len(shots) // 2].view.azimuth_deg
    light = Light(azimuth_deg=middle + chance.uniform(*TURN_DEG), key=chance.uniform(*KEY))
    return Sitting(light, tuple(shots))


def _shot(entry: Entry, chance: np.random.Generator, start: float, recipe: Recipe) -> Shot:
    """`start` is this shot's place on the way around the product: not all are from one side."""
    side = FLAT_SIDE_DEG if entry.lies_flat else SIDE_DEG
    height = FLAT_HEIGHT_DEG if entry.lies_flat else HEIGHT_DEG
    view = View(
        azimuth_deg=side * (2 * (start + chance.uniform() / recipe.views) - 1),
        elevation_deg=chance.uniform(*height),
        fill=chance.uniform(*FILL),
        shift=(chance.uniform(-SHIFT, SHIFT), chance.uniform(-SHIFT, SHIFT)),
    )
    dyes = tuple(_colour(*chance.uniform(size=3)) for _ in range(DYES))
    return Shot(view, dyes, choice=chance.uniform())


def _colour(hue: float, saturation: float, value: float) -> Colour:
    """Neither black nor white: what paint a maker offers."""
    brightest = 0.2 + 0.75 * value
    wheel = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    red, green, blue = brightest * (1 - (0.2 + 0.75 * saturation) * (1 - wheel))
    return float(red), float(green), float(blue)
