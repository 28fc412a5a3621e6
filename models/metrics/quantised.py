"""An image as its viewer gets it, so that no number is better than what is delivered."""

from torch import Tensor


def quantised(image: Tensor) -> Tensor:
    """Any shape → the same, in [0, 1] and in steps of 1/255."""
    return (image.clamp(0, 1) * 255).round() / 255
