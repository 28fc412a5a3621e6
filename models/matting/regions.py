"""Which pixels of a view belong to the product, settled by GrabCut.

It starts from what no way of the backdrop's colour joins to the border, or, where the ground is
busy, from what stands out.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.matting import backdrop, salience
from models.matting.backdrop import Backdrop, Plane

Bits = NDArray[np.uint8]

_GRABCUT_SIDE = 512
_LEAST_SALIENCE = 0.08
_GAP = np.ones((5, 5), np.uint8)  # a leak through the product's outline is narrower
_FINE = 1.2
_SMALLEST_SHARE = 0.02  # of the largest part; what is smaller is dust


def product(rgb: Plane, lab: Plane, found: Backdrop) -> Bits:
    """The product as 1 in a mask [h, w], of an RGB view in [0, 1] and the same in CIELAB."""
    labels = _busy_labels(lab) if found.busy else _plain_labels(lab, found)
    refined = _grabcut(rgb, labels)
    return without_dust(_pinholes_filled(refined))


def without_dust(mask: Bits) -> Bits:
    """The parts that are not tiny beside the largest."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    keep = areas >= max(1, _SMALLEST_SHARE * areas.max())
    return keep[parts].astype(np.uint8) & mask


def filled(mask: Bits) -> Bits:
    """The mask without holes."""
    background = np.pad(1 - mask, 1, constant_values=1)
    _, parts = cv2.connectedComponents(background, connectivity=4)
    return (parts != parts[0, 0])[1:-1, 1:-1].astype(np.uint8)


def _plain_labels(lab: Plane, found: Backdrop) -> Bits:
    """GrabCut's four labels where the backdrop is a smooth surface."""
    near, far = max(2.0, 4 * found.spread), max(14.0, 8 * found.spread)
    like = (found.distance < near) | _shadow(lab, found)
    reached = _reached(like)
    background = reached | _windows(like & ~reached, found.distance < near)
    labels = np.where(found.distance > (near + far) / 2, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    # What no path joins to the border is the product, white labels and highlights with it.
    labels[~cv2.dilate(background.astype(np.uint8), np.ones((3, 3))).astype(bool)] = cv2.GC_FGD
    labels[background] = cv2.GC_BGD
    return labels.astype(np.uint8)


def _busy_labels(lab: Plane) -> Bits:
    """GrabCut's labels where no smooth surface explains the border: what stands out from it."""
    height, width = lab.shape[:2]
    levels = np.round(cv2.resize(salience.salience(lab), (width, height)) * 255).astype(np.uint8)
    cut, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    labels = np.where(levels > cut, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[backdrop.border(height, width) | (levels < 255 * _LEAST_SALIENCE)] = cv2.GC_BGD
    return labels


def _shadow(lab: Plane, found: Backdrop) -> NDArray[np.bool_]:
    """Darker than the backdrop, of its hue, and without a crisp edge: a soft shadow."""
    smooth = cv2.GaussianBlur(lab, (0, 0), _FINE)
    darker = found.lab[..., 0] - smooth[..., 0]
    off_hue = np.linalg.norm(smooth[..., 1:] - found.lab[..., 1:], axis=2)
    fine = _slope(smooth[..., 0])
    # A shadow is as steep seen coarsely; an edge, however faint, is flattened.
    coarse = _slope(cv2.GaussianBlur(lab[..., 0], (0, 0), 3 * _FINE))
    crisp = (fine > 0.25 + 0.5 * found.spread) & (fine > 1.6 * coarse)
    soft = (darker > 0) & (darker < 30) & (off_hue < 2 + 0.1 * darker) & (fine < 1.6)
    # Speckles of noise are smoothed away, in either, before an edge may bar the way.
    return _smoothed(soft, 5) & ~_smoothed(crisp, 3)


def _smoothed(bits: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    return cv2.medianBlur(bits.astype(np.uint8), side).astype(bool)


def _slope(lightness: NDArray[Any]) -> Plane:
    """Change of lightness a pixel."""
    across, down = cv2.Sobel(lightness, -1, 1, 0), cv2.Sobel(lightness, -1, 0, 1)
    return (np.hypot(across, down) / 8).astype(np.float32)


def _reached(like: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of the backdrop-like pixels that the border reaches, not through a small gap."""
    open_ = cv2.erode(like.astype(np.uint8), _GAP, borderValue=1)
    _, parts = cv2.connectedComponents(open_, connectivity=4)
    edges = np.concatenate((parts[0], parts[-1], parts[:, 0], parts[:, -1]))
    reached = np.isin(parts, edges[edges > 0]).astype(np.uint8)
    return cv2.dilate(reached, _GAP).astype(bool) & like


def _windows(like: NDArray[np.bool_], exact: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Enclosed areas through which the backdrop shows, as inside a handle, shadow or not."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(like.astype(np.uint8), connectivity=4)
    sizes = stats[:, cv2.CC_STAT_AREA]
    exact_share = np.bincount(parts[exact], minlength=len(sizes)) / np.maximum(sizes, 1)
    through = (sizes > 5e-4 * like.size) & (exact_share > 0.25)
    through[0] = False
    return through[parts]


def _grabcut(rgb: Plane, labels: Bits) -> Bits:
    """The labels settled, on a view small enough to be quick; sure labels stay."""
    if not (labels == cv2.GC_PR_FGD).any() or not np.isin(labels, (0, 2)).any():
        return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    height, width = labels.shape
    shrink = min(1.0, _GRABCUT_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    settled = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    picture = np.round(small * 255).astype(np.uint8)
    cv2.grabCut(picture, settled, None, *models, 4, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    inside = np.isin(settled, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    guess = cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return np.where(labels == cv2.GC_FGD, 1, np.where(labels == cv2.GC_BGD, 0, guess)).astype("u1")


def _pinholes_filled(mask: Bits) -> Bits:
    holes = filled(mask) - mask
    _, parts, stats, _ = cv2.connectedComponentsWithStats(holes, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < 2e-4 * mask.size
    small[0] = False
    return mask | small[parts].astype(np.uint8)
