"""Landmarks of an upper-body garment from its mask alone: armpits, hem, sleeves, shoulders, neck.

Left is the viewer's left. The armpits are the deepest dents of the outline beside its convex hull;
everything else is the outline's furthest point in some direction, between two that are known. Of an
arm that hangs the dent is where sleeve and body part, which may be far below the armpit.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Points = NDArray[np.float64]
Indices = dict[str, int]
_Dent = tuple[int, int, int]
"""The places of its bottom and of both ends of the hull's side over it."""

NAMES: Final = (
    "neck_left", "shoulder_left", "sleeve_left_top", "sleeve_left_bottom", "armpit_left",
    "hem_left", "hem_right", "armpit_right", "sleeve_right_bottom", "sleeve_right_top",
    "shoulder_right", "neck_right",
)  # fmt: skip
"""In the order in which they follow each other around a garment."""

_VIEW_SIDE = 384
_LEAST_DENT, _LEAST_SYMMETRY, _LEAST_PART = 0.03, 0.72, 0.9
_SIDEWAYS, _UPWARDS, _HIGH, _NO_ARMPIT, _CORNER = 0.2, 0.5, 0.6, 0.12, 0.8
_DEEP, _BESIDE, _LEGS, _NECK = 0.6, 0.1, 0.25, 0.6
# Directions of a left side: to the neck's corner, from the armpit to the shoulder, to the hem's.
_TO_NECK, _TO_HEM = np.array((-0.15, -1.0)), np.array((-1.0, 1.5))
_TO_SHOULDER = np.array((0.1, -0.995))
_BETWEEN: Final = {
    "neck_left": 2, "shoulder_left": 2, "sleeve_left_top": 1, "sleeve_left_bottom": 2,
    "armpit_left": 4, "hem_left": 4, "hem_right": 4, "armpit_right": 2, "sleeve_right_bottom": 1,
    "sleeve_right_top": 2, "shoulder_right": 2, "neck_right": 3,
}  # fmt: skip
"""How many points of the outline follow each landmark before the next."""


class Unclear(ValueError):
    """A mask in which the landmarks cannot be told."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A garment's outline with its landmarks.

    Attributes:
        path: [P, 2] in pixels of the picture, from the neck down the left side and around.
        at: of each landmark its place in the path, rising in the order of `NAMES`.
        symmetry: intersection over union of the mask and its mirror image.
        apart: whether both sleeves stand off, so that the dents beside them are the armpits.
    """

    path: Points
    at: Indices
    symmetry: float
    apart: bool

    def named(self) -> dict[str, tuple[float, float]]:
        """Each landmark by its name."""
        return {
            name: (float(x), float(y)) for name in NAMES for x, y in (self.path[self.at[name]],)
        }

    def controls(self) -> Points:
        """[C, 2]: the landmarks, and between them points of the outline at equal steps along it."""
        starts = [self.at[name] for name in NAMES]
        ends = [*starts[1:], starts[0] + len(self.path)]
        sections = zip(NAMES, starts, ends, strict=True)
        return np.concatenate([self._section(a, b, _BETWEEN[name] + 1) for name, a, b in sections])

    def _section(self, start: int, end: int, pieces: int) -> Points:
        steps = self.path[np.arange(start, end + 1) % len(self.path)]
        along = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(steps, axis=0), axis=1))))
        wanted = along[-1] * np.arange(pieces) / pieces
        return np.stack([np.interp(wanted, along, steps[:, axis]) for axis in (0, 1)], axis=1)


def outline(mask: Mask, *, grow_px: int = 0) -> Outline:
    """The landmarks of a garment whose mask [H, W] is above 0.

    Args:
        mask: of the whole picture.
        grow_px: how far the outline is moved outwards (below 0 inwards), at 384 pixels a side.

    Raises:
        Unclear: with what is missing, in words.
    """
    plain, scale, corner = _viewed(mask, grow_px)
    path = _path(plain)
    symmetry = _symmetry(plain)
    if symmetry < _LEAST_SYMMETRY:
        raise Unclear("its left and right sides differ too much")
    turned, left, right = _from_neck(path, *_dents(path, plain))
    at = _landmarks(turned, left, right)
    apart = all(_stands_off(turned, at, *side) for side in (("left", left), ("right", right)))
    return Outline(turned / scale + corner, at, symmetry, apart)


def _viewed(mask: Mask, grow_px: int) -> tuple[Mask, float, Points]:
    """The largest part, holes filled, on a small canvas with a rim around it."""
    whole = _largest((mask > 0).astype(np.uint8))
    rows, columns = (np.flatnonzero(whole.any(axis=axis)) for axis in (1, 0))
    top, bottom, start, end = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    part = whole[top:bottom, start:end]
    scale = _VIEW_SIDE / max(part.shape)
    size = tuple(max(2, round(side * scale)) for side in part.shape[::-1])
    small = cv2.resize(part.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    rim = abs(grow_px) + 4
    padded = np.pad((small > 0.5).astype(np.uint8), rim)
    smooth = (cv2.GaussianBlur(padded * 255, (0, 0), 1.5) > 127).astype(np.uint8)
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(grow_px) + 1,) * 2)
    if grow_px:
        moved = cv2.dilate(smooth, ball) if grow_px > 0 else cv2.erode(smooth, ball)
        smooth = np.asarray(moved, np.uint8)
    corner = np.array([start - rim / scale, top - rim / scale])
    return _largest(smooth), scale, corner


def _largest(mask: Mask) -> Mask:
    """The largest connected part with its holes filled."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        raise Unclear("it is empty")
    areas = [cv2.contourArea(one) for one in contours]
    largest = int(np.argmax(areas))
    if areas[largest] < _LEAST_PART * sum(areas) or areas[largest] < 16:
        raise Unclear("it is in several pieces" if len(areas) > 1 else "it is too small")
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, contours, largest, 1, thickness=cv2.FILLED)
    return filled


def _path(mask: Mask) -> Points:
    """[P, 2] pixel centres along the outline; down the left side first."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    path = max(contours, key=len).reshape(-1, 2).astype(np.float64) + 0.5
    x, y = path.T
    area = float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())
    return path[::-1].copy() if area > 0 else path


def _symmetry(mask: Mask) -> float:
    """With its mirror image about the best upright axis near its centre."""
    width = mask.shape[1]
    middle = float(np.nonzero(mask)[1].mean())
    scores = []
    for shift in range(-12, 13, 2):
        offset = round(2 * (middle + shift)) - (width - 1)
        mirrored = np.roll(mask[:, ::-1], offset, axis=1)
        scores.append((mask & mirrored).sum() / max(1, (mask | mirrored).sum()))
    return float(max(scores))


def _dents(path: Points, mask: Mask) -> tuple[_Dent, _Dent]:
    """The deepest that opens to the left, and the one that opens to the right."""
    contour = np.floor(path).astype(np.int32)[:, None]
    hull = np.sort(cv2.convexHull(contour, returnPoints=False), axis=0)[::-1]
    try:
        defects = cv2.convexityDefects(contour, hull)
    except cv2.error as error:  # of an outline that is hardly one
        raise Unclear("it has no inside") from error
    found: dict[bool, tuple[float, _Dent]] = {}
    least, top, middle = _LEAST_DENT * math.hypot(*mask.shape), _below_top(path), _middle(mask)
    for start, end, far, depth in () if defects is None else defects.reshape(-1, 4):
        dent = (int(far), int(start), int(end))
        out = _opening(path, dent)
        if out[1] > -_UPWARDS and path[far][1] > top and depth / 256 > least:
            if abs(path[far][0] - middle) < _BESIDE * np.ptp(path[:, 0]):
                _refuse_legs(path, depth / 256)
                continue
            side = bool(path[far][0] < middle)
            found[side] = max(found.get(side, (0.0, dent)), (depth / 256, dent))
    if len(found) < 2:
        raise Unclear("no sleeve stands out from its left or right side")
    return found[True][1], found[False][1]


def _refuse_legs(path: Points, depth: float) -> None:
    """A hem may be hollow in the middle, but not far."""
    if depth > _LEGS * np.ptp(path[:, 1]):
        raise Unclear("it has legs")


def _opening(path: Points, dent: _Dent) -> Points:
    """The direction from a dent's bottom to the middle of its mouth; of length 1."""
    far, start, end = dent
    out = (path[start] + path[end]) / 2 - path[far]
    return np.asarray(out / max(float(np.linalg.norm(out)), 1e-9))


def _stands_off(path: Points, at: Indices, side: str, dent: _Dent) -> bool:
    """Its dent opens sideways and is near the shoulder."""
    shoulder, armpit, hem = (
        path[at[f"{name}_{side}"]][1] for name in ("shoulder", "armpit", "hem")
    )
    is_high = armpit - shoulder < _HIGH * (hem - shoulder)
    return bool(is_high and abs(_opening(path, dent)[0]) > _SIDEWAYS)


def _middle(mask: Mask) -> float:
    """The column of the trunk: of all that is far within."""
    deep = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return float(np.nonzero(deep > _DEEP * deep.max())[1].mean()) + 0.5


def _below_top(path: Points) -> float:
    return float(path[:, 1].min() + _NO_ARMPIT * np.ptp(path[:, 1]))


def _from_neck(path: Points, left: _Dent, right: _Dent) -> tuple[Points, _Dent, _Dent]:
    """The path turned to begin in the middle of the neck."""
    middle = (path[left[0]][0] + path[right[0]][0]) / 2
    above = np.where(path[:, 1] < min(path[left[0]][1], path[right[0]][1]))[0]
    if path[left[0]][0] >= path[right[0]][0] or not len(above):
        raise Unclear("its sleeves cross")
    start, count = int(above[np.argmin(np.abs(path[above, 0] - middle))]), len(path)
    own, other = (tuple((place - start) % count for place in dent) for dent in (left, right))
    return np.roll(path, -start, axis=0), own, other  # type: ignore[return-value]


def _landmarks(path: Points, left: _Dent, right: _Dent) -> Indices:
    """All twelve; the right side is the left one seen in a mirror, from its other end."""
    last = len(path) - 1
    middle = (left[0] + right[0]) // 2
    there: _Dent = tuple(last - place for place in right)  # type: ignore[assignment]
    own = _half(path, left, middle)
    other = _half((path * (-1, 1))[::-1], there, last - middle)
    at = {name.format("left"): place for name, place in own.items()}
    at |= {name.format("right"): last - place for name, place in other.items()}
    places = [at[name] for name in NAMES]
    if any(b <= a for a, b in pairwise(places)):
        raise Unclear("its corners do not follow each other as a garment's do")
    return at


def _half(path: Points, dent: _Dent, bottom: int) -> Indices:
    """One side's landmarks, from the neck (place 0) over the armpit to the middle of the hem."""
    armpit, *ends = dent
    tip = min(ends)  # the other end is the hem's
    if not 8 < tip < armpit < bottom:
        raise Unclear("a sleeve has no end")
    neck, shoulder = _neck_and_shoulder(path[:tip], path[armpit], float(path[0][0]))
    sleeve = path[shoulder : armpit + 1]
    along = _along(sleeve)
    outwards = np.array((-along[1], along[0]))  # up from a sleeve that points left
    top = shoulder + _furthest(sleeve, along + _CORNER * outwards)
    low = top + _furthest(path[top : armpit + 1], along - _CORNER * outwards)
    hem = armpit + 1 + _furthest(path[armpit + 1 : bottom + 1], _TO_HEM)
    return {
        "neck_{}": neck,
        "shoulder_{}": shoulder,
        "sleeve_{}_top": top,
        "sleeve_{}_bottom": low,
        "armpit_{}": armpit,
        "hem_{}": hem,
    }


def _neck_and_shoulder(upper: Points, armpit: Points, middle: float) -> tuple[int, int]:
    """The neck is highest about the middle; the shoulder lies above the armpit, a little out."""
    within = np.where(upper[:, 0] >= middle - _NECK * (middle - armpit[0]))[0]
    if not len(within):
        raise Unclear("a sleeve has no end")
    neck = int(within[_furthest(upper[within], _TO_NECK)])
    apart = upper[neck + 1 :] - armpit
    if not len(apart):
        raise Unclear("a sleeve has no end")
    towards = apart @ _TO_SHOULDER / np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
    return neck, neck + 1 + int(np.argmax(towards))


def _along(sleeve: Points) -> Points:
    """The direction of a sleeve: from the middle of the armhole to that of all it covers."""
    moments = cv2.moments(sleeve.astype(np.float32)[:, None])
    if abs(moments["m00"]) < 1:
        raise Unclear("a sleeve has no end")
    centre = np.array((moments["m10"], moments["m01"])) / moments["m00"]
    apart = centre - (sleeve[0] + sleeve[-1]) / 2
    return np.asarray(apart / max(float(np.linalg.norm(apart)), 1e-9))


def _furthest(points: Points, direction: Points) -> int:
    return int(np.argmax(points @ direction))
