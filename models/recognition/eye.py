"""A picture as a classifier reads it: of its size and channels, on the levels of a file."""

from torch import Tensor

from models.data.image_set import fitted
from models.metrics.quantised import quantised


def seen_as(image: Tensor, *, size: int, channels: int) -> Tensor:
    """[N, 3, H, W] → [N, channels, size, size], as training made pictures small, to the bit.

    Made square on its border's colour first. Training keeps pictures in 8 bits, so that what it
    learnt from is met again exactly.
    """
    return quantised(fitted(image, size=size, channels=channels))
