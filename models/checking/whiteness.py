"""How white a picture is around its product.

JPEG mixes colours within its blocks: 8 pixels around the product are left out, so that its own edge
does not count against the ground, and what is 250 or more in each channel counts as white.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from torch import Tensor

from models.matting.backdrop import border

RIM_PX = 8
LEAST_LEVEL = 250
_TOUCHED = 0.02
_DARKEST_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Whiteness:
    """Of the ground, without the rim.

    Attributes:
        share: of its pixels that are white.
        frame_share: of those in the outermost fiftieth of the picture: where no part of a product
            can be mistaken for ground. 1 where the product takes all of that.
        pure_share: of its pixels that are 255 in every channel.
        darkest_level: 0 to 255; one pixel in a thousand is as dark or darker.
    """

    share: float
    frame_share: float
    pure_share: float
    darkest_level: int


def whiteness(image: Tensor, alpha: Tensor) -> Whiteness | None:
    """Of an image [1, 3, H, W] in [0, 1] whose product covers [1, 1, H, W]; None without ground."""
    covered = (alpha[0, 0].numpy() > _TOUCHED).astype(np.uint8)
    square = np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8)
    ground = cv2.dilate(covered, square) == 0
    if not ground.any():
        return None
    darkest = np.rint(image[0].amin(dim=0).numpy() * 255).astype(np.uint8)
    levels, frame = darkest[ground], darkest[ground & border(*ground.shape)]
    return Whiteness(
        share=float(np.mean(levels >= LEAST_LEVEL)),
        frame_share=float(np.mean(frame >= LEAST_LEVEL)) if frame.size else 1.0,
        pure_share=float(np.mean(levels == 255)),
        darkest_level=int(np.quantile(levels, _DARKEST_SHARE, method="lower")),
    )
