"""A plane blurred by however many pixels, in a time that does not grow with them."""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_WIDEST = 8.0  # beyond this the blur is done on a smaller plane: nobody sees the difference


def softened(plane: Plane, sigma: float) -> Plane:
    """A Gaussian blur of [H, W] or [H, W, C]; what lies beyond the frame is as its rim is."""
    if sigma < 0.1:
        return plane
    shrink = max(1.0, sigma / _WIDEST)
    height, width = plane.shape[:2]
    size = max(1, round(width / shrink)), max(1, round(height / shrink))
    if size == (width, height):
        return _blurred(plane, sigma)
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    soft = _blurred(small, sigma / shrink)
    return cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _blurred(plane: Plane, sigma: float) -> Plane:
    soft = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return soft.astype(np.float32)
