"""Whether there are letters in a picture, in any script, wherever its ground is plain.

What differs from the ground is taken apart into connected components. The largest is the product;
small ones that are near each other and of one colour are taken together; and a row of them is a
line of letters if it looks like one: longer than high, of strokes that are thin and of one width
(Epshtein et al. 2010), and with many of them from its left to its right. Nothing is read. The
limits were found on lines of four scripts and on products without any: `benchmarks/lettering.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.matting import backdrop, matte

Box = tuple[int, int, int, int]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int32]

VIEW_SIDE: Final = 1024
MOST_SPECKS: Final = 3_000
"""With more components than that a ground is not plain."""
_INK, _INK_SPREADS = 12.0, 4.0  # how far from the ground, in CIELAB and in its own spread
_SPECK_PX, _SPECK_HIGH_PX, _LINE_HIGH_PX = 6, 3, 7
_MOST_HIGH, _MOST_WIDE = 0.16, 0.95  # of the picture
_ONE_COLOUR = 20.0
_APART, _STACKED = 0.8, 0.35  # gaps, of the higher one's height
_MIDDLE = (0.2, 0.85)  # of a line's height, where letters are
_ASPECT = 1.6
_CROSSINGS, _CROSSINGS_A_HEIGHT = 4, (1.2, 4.2)
_STROKE, _UNEVEN = (0.03, 0.3), 0.5  # of the height; standard deviation over mean
_FILL = (0.12, 0.62)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of letters.

    Attributes:
        box: left, top, right and bottom, in pixels of the picture.
        beside: whether it lies beside the box around the product; within, it may be its own.
    """

    box: Box
    beside: bool


@dataclass(frozen=True, slots=True)
class _Speck:
    """A connected component of a view, but for the largest.

    Attributes:
        number: its label.
        box: left, top, right and bottom.
        widths: of its strokes, where each is widest.
        colour: CIELAB, of the middle of its strokes.
    """

    number: int
    box: Box
    widths: NDArray[np.float32]
    colour: NDArray[np.float32]


def lettering(image: Tensor) -> tuple[Line, ...] | None:
    """Lines of letters in [1, 3, H, W] in [0, 1]; None where the ground is too busy to tell.

    Letters on the product itself are seen only where it has the colour of the ground.
    """
    full = image[0].permute(1, 2, 0).numpy()
    view = matte.viewed(full, side=VIEW_SIDE)
    lab = backdrop.to_lab(view)
    ground = backdrop.fit(lab)
    if ground.busy:
        return None
    ink = ground.distance > max(_INK, _INK_SPREADS * ground.spread)
    found = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    labels, stats = np.asarray(found[1], np.int32), np.asarray(found[2], np.int32)[1:]
    if not 0 < len(stats) <= MOST_SPECKS:
        return None if len(stats) else ()
    boxes = stats[:, :4] + np.pad(stats[:, :2], ((0, 0), (2, 0)))
    largest, *others = np.argsort(-stats[:, 4])
    specks = list(_specks(others, labels, boxes, lab, ink))
    scale, product = full.shape[0] / view.shape[0], boxes[largest]
    return tuple(
        Line(_enlarged(box, scale), beside=not _meet(box, product))
        for some in _together(specks)
        for box in (_around(some),)
        if _is_line(box, some, labels)
    )


def _specks(
    numbers: Sequence[int],
    labels: Labels,
    boxes: Labels,
    lab: NDArray[np.float32],
    ink: Mask,
) -> Iterator[_Speck]:
    inside = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 5)
    height, width = ink.shape
    for number in numbers:
        left, top, right, bottom = map(int, boxes[number])
        here = np.s_[top:bottom, left:right]
        own = labels[here] == number + 1  # 0 is the ground
        if own.sum() < _SPECK_PX or bottom - top < _SPECK_HIGH_PX:
            continue
        if bottom - top > _MOST_HIGH * height or right - left > _MOST_WIDE * width:
            continue
        depth = np.where(own, inside[here], 0)
        ridge = own & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))
        widths = 2 * depth[ridge]
        middle = own & (depth >= min(1.4, float(np.median(depth[ridge]))))
        colour = np.median(lab[here][middle], axis=0)
        yield _Speck(int(number) + 1, (left, top, right, bottom), widths, colour)


def _together(specks: list[_Speck]) -> list[list[_Speck]]:
    """Specks of a colour that stand beside each other, or are the parts of one letter."""
    if not specks:
        return []
    left, top, right, bottom = np.array([one.box for one in specks], np.float32).T
    colours, high = np.array([one.colour for one in specks]), bottom - top
    group = np.arange(len(specks))
    for at in range(len(specks)):
        higher = np.maximum(high, high[at])
        shared = np.minimum(bottom, bottom[at]) - np.maximum(top, top[at])
        across = np.maximum(left, left[at]) - np.minimum(right, right[at])
        in_a_row = (shared > 0.3 * np.minimum(high, high[at])) & (across < _APART * higher)
        over_another = (across < 0) & (-shared < _STACKED * higher)
        alike = np.linalg.norm(colours - colours[at], axis=1) < _ONE_COLOUR
        near = group[(in_a_row | over_another) & alike]
        group[np.isin(group, near)] = near.min()
    return [[specks[at] for at in np.flatnonzero(group == name)] for name in np.unique(group)]


def _is_line(box: Box, specks: list[_Speck], labels: Labels) -> bool:
    left, top, right, bottom = box
    high, long = bottom - top, right - left
    if high < _LINE_HIGH_PX or long < _ASPECT * high:
        return False
    own = np.isin(labels[top:bottom, left:right], [one.number for one in specks])
    widths = np.concatenate([one.widths for one in specks])
    middle = own[int(_MIDDLE[0] * high) : int(_MIDDLE[1] * high)]
    starts = np.diff(np.pad(middle.astype(np.int8), ((0, 0), (1, 0))), axis=1) == 1
    crossings = float(np.median(starts.sum(axis=1)))
    return (
        crossings >= _CROSSINGS
        and _within(crossings * high / long, _CROSSINGS_A_HEIGHT)
        and _within(float(np.median(widths)) / high, _STROKE)
        and float(widths.std() / widths.mean()) < _UNEVEN
        and _within(float(own.mean()), _FILL)
    )


def _within(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= value <= ends[1]


def _around(specks: list[_Speck]) -> Box:
    left, top, right, bottom = np.array([one.box for one in specks]).T
    return int(left.min()), int(top.min()), int(right.max()), int(bottom.max())


def _meet(one: Box, other: Labels) -> bool:
    return bool(one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


def _enlarged(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(scale * side) for side in box)
    return left, top, right, bottom
