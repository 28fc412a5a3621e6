"""Brightness of an image as one channel (ITU-R BT.601)."""

from torch import Tensor


def luma(image: Tensor) -> Tensor:
    """[N, 1 or 3, H, W] to [N, 1, H, W] of the same range."""
    if image.shape[1] == 1:
        return image
    red, green, blue = image[:, :3].unbind(1)
    return (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]
