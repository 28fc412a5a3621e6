"""Brightness of an image as one channel (ITU-R BT.601)."""

from torch import Tensor

from models.metrics.bare import bare, dressed


def luma(image: Tensor) -> Tensor:
    """[N, 1 or 3, H, W] to [N, 1, H, W] of the same range."""
    if image.shape[1] == 1:
        return image
    red, green, blue = (bare(image[:, channel : channel + 1]) for channel in range(3))
    return dressed(0.299 * red + 0.587 * green + 0.114 * blue)
