"""One model of the catalogue photographed: product, alpha, recoloured twin and cast shadow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.catalogue import RGBA, Model
from models.data.catalogue_shots import Colour, Shot, Sitting
from models.data.renderer import Studio
from models.data.scene import Detail, encoded
from models.data.stage import Dye, Grey, Stage, mean_colour
from models.data.wavefront import Part

Pixels = NDArray[np.uint8]

SMALLEST_PART = 0.15
"""Of the largest part's surface: screws are not recoloured."""
SEEN = 0.02
"""Of the product's pixels: so many change at least, or another part is recoloured."""
DIFFERENT = 0.3
"""How far a dye lies from what the part was, in sRGB."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Photographs of products on white, and what they are made of.

    Attributes:
        images: uint8 [N, 3, S, S], on white, without a shadow.
        alpha: uint8 [N, 1, S, S], exact.
        recoloured: uint8 [N, 3, S, S]: the same, but for the colour of one material.
        shadow: uint8 [N, 1, S, S]: how black the ground is, as much of it as the product leaves
            to see; `images - shadow` is the product on its shadow, alpha + shadow is 255 at most.
        dyes: uint8 [N, 3], the colour that the material has in the twin.
    """

    images: Pixels
    alpha: Pixels
    recoloured: Pixels
    shadow: Pixels
    dyes: Pixels


def shoot(
    studio: Studio, model: Model, sittings: Iterable[Sitting], *, side_px: int, detail: Detail
) -> Layers:
    """All shots of one model, in their order."""
    stage = studio.stage(model)
    dyer = _Dyer(stage.parts, model.textures)
    taken = []
    for sitting in sittings:
        stage.light(sitting.light, detail)
        taken += [_taken(stage, dyer, shot, side_px) for shot in sitting.shots]
    return Layers(*(np.stack(column) for column in zip(*taken, strict=True)))


def _taken(stage: Stage, dyer: "_Dyer", shot: Shot, side_px: int) -> tuple[Pixels, ...]:
    stage.aim(shot.view)
    for dye in dyer.dyes(shot):
        picture, twin = stage.expose(side_px, dye=dye)
        if _changed(picture, twin) >= SEEN:
            break
    return (
        _on_white(picture),
        _first(picture[:, :, 3:]),
        _on_white(twin),
        _first(_left_to_see(stage.shade_ground(side_px), picture)),
        np.array([round(255 * part) for part in dye.colour], np.uint8),
    )


class _Dyer:
    """Which parts of a model may be recoloured, the chosen one first, and how."""

    def __init__(self, parts: Sequence[Part], textures: dict[str, RGBA]) -> None:
        areas = np.array([_area(part) for part in parts])
        self._large = np.flatnonzero(areas >= SMALLEST_PART * areas.max())
        self._colours = [encoded(mean_colour(part, textures)) for part in parts]

    def dyes(self, shot: Shot) -> Iterator[Dye]:
        """At most one for each of the larger parts."""
        first = int(shot.choice * len(self._large))
        for part in np.roll(self._large, -first):
            yield Dye(int(part), self._different(int(part), shot.dyes))

    def _different(self, part: int, dyes: tuple[Colour, ...]) -> Colour:
        return max(dyes, key=lambda dye: min(DIFFERENT, self._distance(part, dye)))

    def _distance(self, part: int, dye: Colour) -> float:
        return float(np.linalg.norm(self._colours[part] - np.array(dye)))


def _area(part: Part) -> float:
    first, second, third = part.corners[:, :3].reshape(-1, 3, 3).transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(second - first, third - first), axis=1).sum())


def _changed(picture: RGBA, twin: RGBA) -> float:
    """Share of the product's pixels that have another colour."""
    product = picture[:, :, 3] > 127
    moved = np.abs(picture[:, :, :3].astype(int) - twin[:, :, :3]).max(axis=2) > 8
    return float((moved & product).sum() / max(product.sum(), 1))


def _on_white(pixels: RGBA) -> Pixels:
    """[S, S, 4] with straight alpha → [3, S, S]."""
    colour, alpha = pixels[:, :, :3].astype(np.float32), pixels[:, :, 3:].astype(np.float32) / 255
    return _first((colour * alpha + 255 * (1 - alpha)).round().astype(np.uint8))


def _left_to_see(ground: Grey, product: RGBA) -> Pixels:
    """The shadow where the product does not hide it: [S, S, 1]."""
    # Rounded down, so that alpha and shadow together are never more than all there is.
    return (ground * (1 - product[:, :, 3] / np.float32(255))).astype(np.uint8)[:, :, None]


def _first(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))
