"""Which points of a garment belong to which of a body: by name, or as their outlines run."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.failures import CannotDo
from models.warping.outline import NAMES, Outline, Points, Unclear, outline
from models.warping.warp import LEAST_POINTS, Collinear, Method, Warp, fit

Named = Mapping[str, tuple[float, float]]
"""Points in pixels from the picture's upper left corner, by the landmark's name."""

_SMOOTHING = 1e-3
_TRUNK = ("neck_left", "shoulder_left", "hem_left", "hem_right", "shoulder_right", "neck_right")
_ALIKE = 0.1
_INWARDS_PX, _OUTWARDS_PX = -2, 1


@dataclass(frozen=True, slots=True)
class Side:
    """One picture of the two: its points where they are given, its mask where they are sought.

    Attributes:
        size: height and width of the picture.
        mask: [1, 1, H, W] in [0, 1]; None where nothing is to be sought.
    """

    size: tuple[int, int]
    points: Named | None
    mask: Tensor | None


@dataclass(frozen=True, slots=True)
class Paired:
    """A warp and what it was fitted to.

    Attributes:
        points: how many.
        symmetry: of the less symmetric outline that was looked at; None where none was.
        automatic: whether all points of both pictures were found.
        hanging: whether a sleeve was at the body, so that the trunk led.
        apart_px: of a warp that a network told, how far it told another in a mirror.
    """

    warp: Warp
    points: int
    symmetry: float | None
    automatic: bool
    hanging: bool = False
    apart_px: float | None = None


def paired(body: Side, garment: Side, *, method: Method) -> Paired:
    """The warp from the body's picture to the garment's.

    Raises:
        CannotDo: `garment_unclear`, `pose_unclear`, `landmarks_outside`, `landmarks_too_few`,
            `landmarks_on_a_line`.
    """
    for what, side in (("body", body), ("garment", garment)):
        _refuse_outside(side, what)
    # The garment's outline a little within, the body's a little out: no old rim shows.
    there = _sought(garment, "garment_unclear", "garment", grow_px=_INWARDS_PX)
    here = _sought(body, "pose_unclear", "clothes on the body", grow_px=_OUTWARDS_PX)
    symmetry = min((one.symmetry for one in (here, there) if one is not None), default=None)
    if here is not None and there is not None:
        if not (here.apart and there.apart):
            return _by_trunk(here.named(), there.named(), symmetry)
        warp = _fitted(here.controls(), there.controls(), method, smoothing=_SMOOTHING)
        return Paired(warp, len(here.controls()), symmetry, automatic=True)
    own, other = _named(body, here), _named(garment, there)
    names = [name for name in own if name in other]
    if len(names) < LEAST_POINTS[method]:
        raise CannotDo(
            "landmarks_too_few",
            f"The two pictures have {len(names)} landmarks of the same names; {method} needs "
            f"{LEAST_POINTS[method]}.",
        )
    warp = _fitted(_of(own, names), _of(other, names), method, smoothing=0.0)
    return Paired(warp, len(names), symmetry, automatic=False)


def _by_trunk(here: Named, there: Named, symmetry: float | None) -> Paired:
    """Affine, by neck, shoulders, hem and what else lies where these put it.

    Where sleeve and body part is the armpit of one picture and half way down the arm of another.
    """
    trunk = list(_TRUNK)
    warp = _fitted(_of(here, trunk), _of(there, trunk), "affine", smoothing=0.0)
    own, other = _of(here, list(NAMES)), _of(there, list(NAMES))
    off = np.linalg.norm(warp(torch.from_numpy(own)).numpy() - other, axis=1)
    near = off < _ALIKE * abs(there["hem_left"][1] - there["shoulder_left"][1])
    names = [name for name, is_near in zip(NAMES, near, strict=True) if is_near or name in trunk]
    warp = _fitted(_of(here, names), _of(there, names), "affine", smoothing=0.0)
    return Paired(warp, len(names), symmetry, automatic=True, hanging=True)


def _of(named: Named, names: list[str]) -> Points:
    return np.array([named[name] for name in names], np.float64)


def _fitted(here: Points, there: Points, method: Method, *, smoothing: float) -> Warp:
    try:
        own, other = (torch.from_numpy(np.ascontiguousarray(points)) for points in (here, there))
        return fit(own, other, method=method, smoothing=smoothing)
    except Collinear as error:
        detail = f"No warp goes through these points: {error}."
        raise CannotDo("landmarks_on_a_line", detail) from error


def _sought(side: Side, code: str, what: str, *, grow_px: int) -> Outline | None:
    if side.points is not None or side.mask is None:
        return None
    try:
        return outline((side.mask[0, 0] > 0.5).numpy().astype(np.uint8), grow_px=grow_px)
    except Unclear as error:
        raise CannotDo(
            code, f"The outline of the {what} is no upper garment's: {error}."
        ) from error


def _named(side: Side, found: Outline | None) -> Named:
    return side.points or (found.named() if found is not None else {})


def _refuse_outside(side: Side, what: str) -> None:
    height, width = side.size
    for name, (x, y) in (side.points or {}).items():
        if not (0 <= x <= width and 0 <= y <= height):
            raise CannotDo(
                "landmarks_outside",
                f"{name} of the {what} is at ({x:g}, {y:g}), the picture {width} x {height}.",
            )
