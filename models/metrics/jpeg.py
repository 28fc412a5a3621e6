"""Of which quality the JPEG was that a picture once went through, as its pixels tell it."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from models.metrics.luma import luma

UNSEEN_QUALITY: Final = 92
"""From here on JPEG's own error is about what rounding to 8 bits is: there is nothing to mend."""
_QUALITIES: Final = range(5, UNSEEN_QUALITY)
_LARGEST_CHANGE: Final = 1.0
_LARGEST_DIP: Final = 5.0
_DIP: Final = 0.5
"""A change of at most this share of both neighbours' is a dip: what never was a JPEG has 0.9 and
more at every quality, what was one of up to 40 has 0.56 and less at its own."""
_VIEW: Final = 1024
_BLOCK: Final = 8
_BLACK: Final = 0.5 / 255
_FEW: Final = 0.02

Plane = NDArray[np.uint8]
Where = NDArray[np.bool_]


def jpeg_quality(image: Tensor) -> int:
    """The lowest quality whose quantisation changes the picture's brightness hardly at all.

    What went through a JPEG lies on its lattice, so a second pass of that quality gives it back;
    one of a lower quality does not. Blocks in which the first pass went to black or white and was
    cut off lie beside it and do not count; what they spill into the others' colours still changes,
    but by far less than at the qualities beside. It is seen where the picture still begins at a
    block's corner: one that was resized or cut afterwards looks as if it had never been a JPEG,
    which errs to the side of doing nothing.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1]; its middle of 1,024 pixels a side is looked at.

    Returns:
        5 to 91 as libjpeg counts, or 92: there is nothing to be seen of a JPEG.
    """
    height, width = image.shape[2:]
    top, left = (max(0, (side - _VIEW) // 2) // 16 * 16 for side in (height, width))
    middle = image[:, :, top : top + _VIEW, left : left + _VIEW]
    plane = luma(middle)[0, 0].mul(255).round().clamp(0, 255).byte().numpy()
    counts = _uncut(middle)
    before, here = (_change(plane, one, counts) for one in (_QUALITIES[0] - 1, _QUALITIES[0]))
    for quality in _QUALITIES:
        after = _change(plane, quality + 1, counts)
        is_dip = here < _LARGEST_DIP and here < _DIP * min(before, after)
        if here < _LARGEST_CHANGE or is_dip:
            return quality
        before, here = here, after
    return UNSEEN_QUALITY


def _uncut(image: Tensor) -> Where:
    """[H, W]: pixels of blocks without black or white; all of them, where few such blocks are."""
    height, width = image.shape[2:]
    is_cut = ((image < _BLACK) | (image > 1 - _BLACK)).any(dim=1, keepdim=True).float()
    blocks = functional.max_pool2d(is_cut, _BLOCK, ceil_mode=True)
    spread = blocks.repeat_interleave(_BLOCK, dim=2).repeat_interleave(_BLOCK, dim=3)
    kept = (spread[0, 0, :height, :width] < 0.5).numpy()
    return kept if kept.mean() > _FEW else np.ones_like(kept)


def _change(plane: Plane, quality: int, counts: Where) -> float:
    """Mean squared change in 8-bit units by one more pass."""
    file = io.BytesIO()
    Image.fromarray(plane).save(file, "JPEG", quality=quality)
    with Image.open(file) as opened:
        again = np.asarray(opened, dtype=np.float32)
    return float(np.mean((again - plane)[counts] ** 2))
