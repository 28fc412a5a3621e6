"""The colour of the backdrop at every pixel, told from the picture's border alone."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_BUSY_SPREAD = 4.0
_PAPER_SPREAD = 1.0
_BUSY_OUTLIERS, _BUSY_PAPER_OUTLIERS = 0.2, 0.45


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A surface of colour fitted to the border.

    Attributes:
        lab: [h, w, 3], the surface.
        distance: [h, w], how far the picture is from it, in units of CIELAB.
        spread: how far the border itself is from it (a robust standard deviation).
        busy: the border is no smooth surface, so the distance says little.
    """

    lab: Plane
    distance: Plane
    spread: float
    busy: bool


def fit(lab: Plane) -> Backdrop:
    """Fits a quadratic surface to the border of a CIELAB view [h, w, 3].

    What the product covers of the border is left out as outlying, round by round.
    """
    terms = _terms(*lab.shape[:2])
    ring = border(*lab.shape[:2])
    x, colours = terms[ring], lab[ring]
    surface = np.median(colours, axis=0)[None] + 0 * colours
    inside = np.ones(len(x), dtype=bool)
    for _ in range(6):
        off = np.linalg.norm(colours - surface, axis=1)
        inside = off <= max(2.0, 2.5 * float(np.median(off[inside])))
        weights = _solve(x[inside], colours[inside])
        surface = x @ weights
    off = np.linalg.norm(colours - surface, axis=1)
    spread = float(np.median(off[inside]))
    outliers = 1 - float(np.mean(off < max(4.0, 4 * spread)))
    whole = (terms @ weights).astype(np.float32)
    distance = np.linalg.norm(lab - whole, axis=2).astype(np.float32)
    # Half a border may be the product's before paper; half of a scene's may be sky.
    most = _BUSY_PAPER_OUTLIERS if spread <= _PAPER_SPREAD else _BUSY_OUTLIERS
    busy = spread > _BUSY_SPREAD or outliers > most
    return Backdrop(whole, distance, spread, busy)


def to_lab(rgb: Plane) -> Plane:
    """CIELAB, L* in 0-100, of an RGB view in [0, 1]."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)


def to_rgb(lab: Plane) -> Plane:
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.float32)


def border(height: int, width: int) -> NDArray[np.bool_]:
    """The outermost fiftieth of a picture."""
    thick = max(1, round(min(height, width) / 50))
    ring = np.ones((height, width), dtype=bool)
    ring[thick:-thick, thick:-thick] = False
    return ring


def palette_distance(lab: Plane) -> Plane:
    """How far each pixel is from the nearest of the border's eight main colours."""
    colours = np.ascontiguousarray(lab[border(*lab.shape[:2])])
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    count = min(8, len(colours))
    cv2.setRNGSeed(1)  # the same picture gives the same palette
    _, _, centres = cv2.kmeans(colours, count, np.empty(0), stop, 2, cv2.KMEANS_PP_CENTERS)
    nearest = np.full(lab.shape[:2], np.inf, dtype=np.float32)
    for centre in centres:
        np.minimum(nearest, np.linalg.norm(lab - centre, axis=2), out=nearest)
    return nearest


def _terms(height: int, width: int) -> Plane:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=2).astype(np.float32)


def _solve(x: Plane, colours: Plane) -> Plane:
    """Least squares with a little weight on flatness: a surface seen on one side stays calm."""
    ridge = np.diag([0, 1e-3, 1e-3, 1e-2, 1e-2, 1e-2]) * len(x)
    return np.linalg.solve(x.T @ x + ridge, x.T @ colours).astype(np.float32)
