"""From a hard mask to soft coverage at the product's edge, and from a view to full size."""

import cv2
import numpy as np

from models.matting.backdrop import Plane
from models.matting.regions import Bits

_RADIUS = 2
_STRIP_ROWS = 256


def soften(mask: Bits, rgb: Plane, backdrop_rgb: Plane | None) -> Plane:
    """Coverage in [0, 1] of a view, [h, w].

    A rim pixel is a mixture of the product's colour next to it and the backdrop's; where the two
    differ enough, its own colour tells how much of each. Without a backdrop the picture's own
    edges guide the mask (He et al. 2013).
    """
    if backdrop_rgb is None:
        return np.clip(_guided(mask.astype(np.float32), rgb, radius=3, eps=1e-3), 0, 1)
    kernel = np.ones((3, 3), np.uint8)
    core: Bits = cv2.erode(mask, kernel, iterations=_RADIUS).astype(np.uint8)
    rim = cv2.dilate(mask, kernel)
    if not core.any():
        return mask.astype(np.float32)
    front = _spread_colours(rgb, core)
    span = front - backdrop_rgb
    contrast = (span * span).sum(axis=2)
    mixed = ((rgb - backdrop_rgb) * span).sum(axis=2) / np.maximum(contrast, 1e-6)
    told = np.clip((np.sqrt(contrast) - 0.05) / 0.10, 0, 1)
    plain = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
    soft = told * np.clip(mixed, 0, 1) + (1 - told) * plain
    return np.where(core > 0, 1, np.where(rim > 0, soft, 0)).astype(np.float32)


def enlarge(alpha: Plane, view: Plane, full: Plane) -> Plane:
    """A view's coverage at full size, following the full picture's edges (guided filter).

    Args:
        alpha: [h, w].
        view: [h, w, 3], the picture it was found on.
        full: [H, W, 3].
    """
    height, width = full.shape[:2]
    if alpha.shape == (height, width):
        return alpha
    slopes, offset = _guide(alpha, view, radius=_RADIUS, eps=1e-4)
    plain = np.empty((height, width), np.float32)
    cv2.resize(alpha, (width, height), dst=plain, interpolation=cv2.INTER_LINEAR)
    grown = cv2.dilate(alpha, np.ones((5, 5))) - cv2.erode(alpha, np.ones((5, 5)))
    rim = cv2.resize(grown, (width, height), interpolation=cv2.INTER_LINEAR)
    slope = cv2.resize(slopes, (width, height), interpolation=cv2.INTER_LINEAR)
    shift = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        guided = (slope[rows] * full[rows]).sum(axis=2) + shift[rows]
        # 2 % at either end is texture that leaks through the filter, not coverage.
        sharp = np.clip((guided - 0.02) / 0.96, 0, 1)
        plain[rows] = np.where(rim[rows] > 0, sharp, plain[rows])
    return plain


def _guided(plane: Plane, guide: Plane, *, radius: int, eps: float) -> Plane:
    slopes, offset = _guide(plane, guide, radius=radius, eps=eps)
    return (slopes * guide).sum(axis=2) + offset


def _guide(plane: Plane, guide: Plane, *, radius: int, eps: float) -> tuple[Plane, Plane]:
    """The colour guided filter's local linear model: plane ≈ slopes · guide + offset."""
    mean, mean_plane = _box(guide, radius), _box(plane, radius)
    covariance = _box(guide * plane[..., None], radius) - mean * mean_plane[..., None]
    spread = np.empty((*plane.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(3):
            products = _box(guide[..., i] * guide[..., j], radius)
            spread[..., i, j] = products - mean[..., i] * mean[..., j] + (eps if i == j else 0)
    slopes = np.linalg.solve(spread, covariance[..., None])[..., 0].astype(np.float32)
    offset = mean_plane - (slopes * mean).sum(axis=2)
    return _box(slopes, radius), _box(offset, radius)


def _box(plane: Plane, radius: int) -> Plane:
    side = 2 * radius + 1
    return cv2.blur(plane, (side, side)).astype(np.float32)


def _spread_colours(rgb: Plane, inside: Bits) -> Plane:
    """The colour of the nearest pixel inside, for each pixel, smoothed a little."""
    _, nearest = cv2.distanceTransformWithLabels(
        1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    palette = np.zeros((int(nearest.max()) + 1, 3), np.float32)
    palette[nearest[inside > 0]] = rgb[inside > 0]
    return cv2.blur(palette[nearest], (3, 3)).astype(np.float32)
