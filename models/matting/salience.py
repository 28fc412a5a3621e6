"""What stands out from a picture's border: edged off from it, unlike its colours, and central."""

import cv2
import numpy as np

from models.matting import backdrop, barrier
from models.matting.backdrop import Plane

_SIDE = 128
_CENTRE = 0.6  # of half a side: where a product that was photographed is looked for first
_PALETTE_FLOOR = 0.3  # what has a colour of the border's may still stand out


def salience(lab: Plane) -> Plane:
    """How much each place of a CIELAB view stands out: [h, w] in [0, 1], 128 on the longer side."""
    shrink = _SIDE / max(lab.shape[:2])
    size = [max(8, round(side * shrink)) for side in lab.shape[1::-1]]
    seen = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(seen, (0, 0), 1).astype(np.float32)
    edged_off = np.sum([barrier.distance(small[..., channel]) for channel in range(3)], axis=0)
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    central = np.exp(-(x * x + y * y) / (2 * _CENTRE**2))
    unlike = cv2.GaussianBlur(backdrop.palette_distance(small), (0, 0), 1)
    unlike = np.minimum(unlike / max(1e-6, float(np.quantile(unlike, 0.98))), 1)
    smooth = cv2.GaussianBlur((edged_off * central).astype(np.float32), (0, 0), 1.5)
    found = smooth * (_PALETTE_FLOOR + unlike)
    low, high = float(found.min()), float(found.max())
    return ((found - low) / max(1e-6, high - low)).astype(np.float32)
