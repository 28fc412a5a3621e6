"""Rendered people in other people's clothes: pictures to dress, garments, and what should come out.

Reallusion's people (CC-BY 3.0, Debian's sweethome3d-furniture) share one layout of textures: the
upper half of each is the upper garment. One person's mesh with the other's upper half is therefore
the same person in other clothes: a true pair. The garment's own picture is those triangles alone,
on a third person's mesh, as a shop photographs on an invisible mannequin.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor

from models.data.camera import View, frame
from models.data.catalogue import FURNITURE, Library, Model
from models.data.renderer import Studio
from models.data.scene import Detail, placed
from models.images import Loaded
from models.warping.pairing import Named

LIBRARY: Final = Path("/") / FURNITURE / "Reallusion.sh3f"
TEXTURES: Final = {
    "male02": "male02_1.jpg",
    "male03": "male03_1.jpg",
    "holdingMale01": "MCasual03_76.jpg",
    "sitMale02": "MCasual04_80.jpg",
    "sitMale03": "MCasual05_84.jpg",
    "female01": "female01_1.jpg",
    "female02": "female02_1.jpg",
    "sitFemale01": "Casual01_24.jpg",
    "sitFemale02": "Casual03_36.jpg",
    "holdingFemale01": "Dress04_58.jpg",
    "holdingFemale02": "Dress03_54.jpg",
}
"""Of each person, the texture of all but the head."""
FITTINGS: Final = (
    ("male02", "male02", ("male03", "sitMale02", "sitMale03")),
    ("male02", "holdingMale01", ("male03", "sitMale02", "sitMale03")),
    ("holdingMale01", "male02", ("male03", "sitMale02", "sitMale03")),
    ("holdingMale01", "holdingMale01", ("male03", "sitMale02", "sitMale03")),
    ("female01", "sitFemale02", ("sitFemale01", "sitFemale02")),
    ("holdingFemale01", "holdingFemale01", ("holdingFemale02", "female02")),
    ("holdingFemale02", "holdingFemale01", ("holdingFemale01", "female02")),
    ("holdingFemale01", "holdingFemale02", ("holdingFemale02", "female02")),
)
"""Who is dressed, who is the mannequin, and in whose clothes: of one layout each."""

_DETAIL: Final = Detail(supersample=2, lamps=16, shadow_px=256)
_GROUND: Final = 235
_UPPER_V, _LEAST_PIECE, _SAME_UV = 0.5, 0.25, 0.008
_SIZE = 640

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture with what is known of each pixel.

    Attributes:
        picture: over light grey; of a mannequin with its alpha.
        clothes: [1, 1, H, W], where the upper garment is seen.
        uv: [H, W, 2], which point of the texture it is; NaN elsewhere.
    """

    picture: Loaded
    clothes: Tensor
    uv: Array


@dataclass(frozen=True, slots=True)
class Pair:
    """A person as they come, a garment, and the person in it.

    Attributes:
        truth: [1, 3, H, W] in [0, 1].
    """

    name: str
    body: Seen
    garment: Seen
    truth: Tensor

    def landmarks(self, count: int) -> tuple[Named, Named]:
        """So many true points that both pictures show, far apart: the body's, the garment's."""
        here = _places(self.body)
        there = _places(self.garment)
        tree = cKDTree(self.garment.uv[there[:, 1], there[:, 0]])
        apart, nearest = tree.query(self.body.uv[here[:, 1], here[:, 0]])
        known = np.flatnonzero(apart < _SAME_UV)
        chosen = known[_spread(here[known].astype(np.float64), count)]
        return (
            {f"p{i}": _centre(here[at]) for i, at in enumerate(chosen)},
            {f"p{i}": _centre(there[nearest[at]]) for i, at in enumerate(chosen)},
        )


def pairs(*, azimuths: tuple[float, ...]) -> Iterator[Pair]:
    """Each fitting from each side; nothing where the library is not installed."""
    if not LIBRARY.exists():
        return
    with Library(LIBRARY) as library, Studio() as studio:
        by_name = {entry.identity: entry for entry in library.entries}
        models = {name: library.model(by_name[name]) for name in TEXTURES}
        for body, mannequin, cloths in FITTINGS:
            people = {one: _person(studio, models[body], body, _view(one)) for one in azimuths}
            for cloth in cloths:
                texture = models[cloth].textures[TEXTURES[cloth]]
                shown = _mannequin(studio, _clad(models[mannequin], mannequin, texture), mannequin)
                dressed = _clad(models[body], body, texture)
                for azimuth, person in people.items():
                    truth = studio.render(dressed, size=_SIZE, view=_view(azimuth), detail=_DETAIL)
                    label = f"{body} {azimuth:+.0f}° in {cloth}'s, shown on {mannequin}"
                    yield Pair(label, person, shown, _over(truth, _GROUND))


def _view(azimuth_deg: float) -> View:
    return View(azimuth_deg=azimuth_deg, elevation_deg=3.0, fill=0.92)


def _clad(model: Model, name: str, cloth: NDArray[np.uint8]) -> Model:
    own = model.textures[TEXTURES[name]].copy()
    half = len(own) // 2
    own[:half] = cloth[:half]
    return replace(model, textures={**model.textures, TEXTURES[name]: own})


def _person(studio: Studio, model: Model, name: str, view: View) -> Seen:
    pixels = studio.render(model, size=_SIZE, view=view, detail=_DETAIL)
    uv = _texture_points(model, TEXTURES[name], view)
    upper = np.isfinite(uv[:, :, 0]).astype(np.float32)[None, None]
    return Seen(Loaded(_over(pixels, _GROUND), None), torch.from_numpy(upper), uv)


def _mannequin(studio: Studio, model: Model, name: str) -> Seen:
    """The upper garment alone, from the front, cut out."""
    part = next(one for one in model.parts if one.material.texture == TEXTURES[name])
    upper = part.corners.reshape(-1, 3, 8)[_is_upper(part.corners)].reshape(-1, 8)
    garment = replace(model, parts=(replace(part, corners=upper),))
    pixels = studio.render(garment, size=_SIZE, view=_view(0.0), detail=_DETAIL).copy()
    pixels[:, :, 3] *= _pieces(pixels[:, :, 3] > 0)
    alpha = torch.from_numpy(pixels[:, :, 3].astype(np.float32) / 255)[None, None]
    uv = _texture_points(garment, TEXTURES[name], _view(0.0))
    return Seen(Loaded(_over(pixels, 255), alpha), alpha, uv)


def _is_upper(corners: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Of each triangle, whether it is in the texture's upper half."""
    return np.asarray((corners.reshape(-1, 3, 8)[:, :, 7] > _UPPER_V).all(1))


def _pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without small pieces: the soles of some shoes are in the texture's upper half, too."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[:, cv2.CC_STAT_AREA]
    large = np.flatnonzero(areas > _LEAST_PIECE * areas[1:].sum())
    return np.asarray(mask & np.isin(labels, large))


def _texture_points(model: Model, file: str, view: View) -> Array:
    """Which point of the upper garment's texture each pixel shows: a depth buffer in numpy."""
    parts = placed(model)
    camera = frame(np.concatenate([part.corners[:, :3] for part in parts]), view)
    depth, uv = np.full((_SIZE, _SIZE), np.inf), np.full((_SIZE, _SIZE, 2), np.nan)
    for part, own in zip(parts, model.parts, strict=True):
        corners = part.corners.astype(np.float64)
        clip = np.c_[corners[:, :3], np.ones(len(corners))] @ camera.clip.T
        screen = clip[:, :3] / clip[:, 3:]
        screen[:, 0], screen[:, 1] = (screen[:, 0] + 1) / 2 * _SIZE, (1 - screen[:, 1]) / 2 * _SIZE
        is_upper = np.zeros(len(corners) // 3, bool)
        if own.material.texture == file:
            is_upper = _is_upper(own.corners)
        for at, triangle in enumerate(screen.reshape(-1, 3, 3)):
            _drawn(triangle, corners[3 * at : 3 * at + 3, 6:], depth, uv, is_upper=is_upper[at])
    uv[~_pieces(np.isfinite(uv[:, :, 0]))] = np.nan
    return uv


def _drawn(triangle: Array, texture: Array, depth: Array, uv: Array, *, is_upper: bool) -> None:
    (left, top), (right, bottom) = np.floor(triangle[:, :2].min(0)), np.ceil(triangle[:, :2].max(0))
    x = np.arange(max(0, int(left)), min(_SIZE, int(right) + 1))
    y = np.arange(max(0, int(top)), min(_SIZE, int(bottom) + 1))
    edges = np.array((triangle[1, :2] - triangle[0, :2], triangle[2, :2] - triangle[0, :2])).T
    if not len(x) or not len(y) or abs(np.linalg.det(edges)) < 1e-9:
        return
    points = np.stack(np.meshgrid(x + 0.5, y + 0.5), axis=-1) - triangle[0, :2]
    share = points @ np.linalg.inv(edges).T
    weights = np.concatenate((1 - share.sum(-1, keepdims=True), share), axis=-1)
    z = weights @ triangle[:, 2]
    at = np.ix_(y, x)
    nearer = (weights >= -1e-6).all(-1) & (z < depth[at])
    depth[at] = np.where(nearer, z, depth[at])
    shown = weights @ texture if is_upper else np.nan
    uv[at] = np.where(nearer[:, :, None], shown, uv[at])


def _over(pixels: NDArray[np.uint8], ground: int) -> Tensor:
    alpha = pixels[:, :, 3:].astype(np.float32) / 255
    mixed = (pixels[:, :, :3] * alpha + ground * (1 - alpha)).round() / 255
    return torch.from_numpy(mixed.astype(np.float32)).permute(2, 0, 1)[None].contiguous()


def _places(seen: Seen) -> NDArray[np.int64]:
    """[P, 2] x and y of every third pixel that shows the garment."""
    y, x = np.nonzero(np.isfinite(seen.uv[::3, ::3, 0]))
    return np.stack((3 * x, 3 * y), axis=1)


def _spread(points: Array, count: int) -> list[int]:
    """The places of so many points, each as far as can be from those before it."""
    chosen = [int(np.argmin(points.sum(1)))]
    apart = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(np.argmax(apart)))
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def _centre(place: NDArray[np.int64]) -> tuple[float, float]:
    return float(place[0]) + 0.5, float(place[1]) + 0.5
