"""Of which quality the JPEG was that a picture once went through, as its pixels tell it."""

import io
from typing import Final

import numpy as np
from PIL import Image
from torch import Tensor

from models.metrics.luma import luma

UNSEEN_QUALITY: Final = 92
"""From here on JPEG's own error is about what rounding to 8 bits is: there is nothing to mend."""
_QUALITIES: Final = range(5, UNSEEN_QUALITY)
_LARGEST_CHANGE: Final = 1.0
_VIEW: Final = 1024


def jpeg_quality(image: Tensor) -> int:
    """The lowest quality whose quantisation changes the picture's brightness hardly at all.

    What went through a JPEG lies on its lattice, so a second pass of that quality gives it back;
    one of a lower quality does not. It is seen where the picture still begins at a block's corner:
    one that was resized or cut afterwards looks as if it had never been a JPEG, which errs to the
    side of doing nothing.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1]; its middle of 1,024 pixels a side is looked at.

    Returns:
        5 to 91 as libjpeg counts, or 92: there is nothing to be seen of a JPEG.
    """
    height, width = image.shape[2:]
    top, left = (max(0, (side - _VIEW) // 2) // 16 * 16 for side in (height, width))
    middle = image[:, :, top : top + _VIEW, left : left + _VIEW]
    plane = luma(middle)[0, 0].mul(255).round().clamp(0, 255).byte().numpy()
    return next(
        (one for one in _QUALITIES if _change(plane, one) < _LARGEST_CHANGE), UNSEEN_QUALITY
    )


def _change(plane: np.ndarray[tuple[int, int], np.dtype[np.uint8]], quality: int) -> float:
    """Mean squared change in 8-bit units by one more pass."""
    file = io.BytesIO()
    Image.fromarray(plane).save(file, "JPEG", quality=quality)
    with Image.open(file) as opened:
        again = np.asarray(opened, dtype=np.float32)
    return float(np.mean((again - plane) ** 2))
