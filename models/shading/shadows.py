"""Shadows of a product from its outline alone: what touches the ground, and what falls beside."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.shading.softness import softened
from models.shading.standing import Standing

Plane = NDArray[np.float32]

_STRIP_ROWS = 256
_OVERLAP_PX = 0.5  # or the two soft edges that meet would let a line of ground through
_CORE, _AROUND = 0.75, 0.45  # darkness of the line of contact, and of the dimmed ground around it


def contact(shape: tuple[int, ...], stands: Standing, *, length_px: float, blur_px: float) -> Plane:
    """How dark the ground of a picture of this shape, H and W, is where the product stands.

    A fine line where it touches, and a wider dimness where it keeps the light of the sky away.

    Returns:
        [H, W] in [0, 1].
    """
    height, width = shape
    reach = math.ceil(length_px + 4 * blur_px) + 2
    low, high = int(stands.ground.min()) - reach, int(stands.ground.max()) + reach
    rows = slice(max(0, low), min(height, high))
    core = _band(stands, rows, gap=max(1.0, 0.03 * stands.height), thick=max(0.7, length_px / 8))
    around = _band(stands, rows, gap=max(1.0, 0.15 * stands.height), thick=max(0.7, length_px / 2))
    fine, wide = softened(core, blur_px / 3), softened(around, blur_px)
    dark = np.zeros((height, width), np.float32)
    dark[rows] = 1 - (1 - _CORE * fine.clip(0, 1)) * (1 - _AROUND * wide.clip(0, 1))
    return dark


def drop(alpha: Plane, *, right_px: float, down_px: float, blur_px: float) -> Plane:
    """The outline of a product [H, W] moved and blurred, as on a wall or table behind it."""
    matrix = np.array([[1, 0, right_px], [0, 1, down_px]], np.float32)
    size = alpha.shape[1], alpha.shape[0]
    moved = cv2.warpAffine(
        alpha, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return softened(moved.astype(np.float32), blur_px).clip(0, 1)


def seen_in(stands: Standing, *, length_px: float, height: int) -> slice:
    """The rows of a picture so high of which something is seen in the product's reflection."""
    first = math.floor(float(stands.ground.min()) - length_px) - 2
    return slice(max(0, first), min(height, math.ceil(float(stands.ground.max())) + 2))


def mirrored(
    covered: Plane,
    stands: Standing,
    *,
    first_row: int,
    height: int,
    length_px: float,
    blur_px: float,
) -> tuple[slice, Plane]:
    """A product upside down below its ground; it fades to nothing within `length_px`.

    Args:
        covered: [h, W, 4], premultiplied colours and coverage, of what is `seen_in` it.
        stands: of the whole product.
        first_row: of the picture, which `covered` begins with.
        height: of the picture.
        length_px: how far it is seen.
        blur_px: how unclearly.

    Returns:
        The rows that the reflection fills, and these rows [h, W, 4].
    """
    width = covered.shape[1]
    ground = stands.ground - min(_OVERLAP_PX, (stands.height - 1) / 4)
    first = max(0, math.floor(float(ground.min()) - 3 * blur_px))
    last = min(height, math.ceil(float(stands.ground.max()) + length_px + 3 * blur_px) + 1)
    rows = slice(first, max(first, last))
    found = np.zeros((rows.stop - rows.start, width, 4), np.float32)
    for top in range(rows.start, rows.stop, _STRIP_ROWS):
        y = np.arange(top, min(top + _STRIP_ROWS, rows.stop), dtype=np.float32)[:, None]
        below = y + 0.5 - ground
        across = np.broadcast_to(np.arange(width, dtype=np.float32), below.shape).copy()
        part = cv2.remap(covered, across, y - 2 * below - first_row, cv2.INTER_LINEAR)
        fade = (1 - (y + 0.5 - stands.ground) / length_px).clip(0, 1) ** 1.5 * (below + 0.5).clip(
            0, 1
        )
        found[top - rows.start : top - rows.start + len(y)] = part * fade[..., None]
    return rows, softened(found, blur_px)


def _band(stands: Standing, rows: slice, *, gap: float, thick: float) -> Plane:
    """A band along the ground, thinner towards its ends, lighter where the product hovers."""
    x = np.arange(len(stands.ground), dtype=np.float32)
    # What the frame cuts goes on beyond it.
    left = stands.left if stands.left else -len(x)
    right = stands.right if stands.right < len(x) else 2 * len(x)
    middle, half = (left + right - 1) / 2, (right - left) / 2
    end = 1 - np.minimum(1, np.abs((x - middle) / max(half, 0.5))) ** 4
    touch = np.exp(-((stands.gap / gap) ** 2)) * (np.abs(x - middle) <= half)
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5
    # Nearer to the underside than to the ground: what lies apart from its product seems to float.
    line = stands.ground - 0.6 * np.where(np.isfinite(stands.gap), stands.gap, 0)
    away = np.abs(y - line)
    wide = thick * (0.3 + 0.7 * np.sqrt(np.maximum(0, end)))
    return (np.clip(wide - away + 0.5, 0, 1) * touch).astype(np.float32)
