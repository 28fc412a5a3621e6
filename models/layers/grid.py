"""Pictures of 28 pixels on a grid of 32: pad on the way in, crop on the way out."""

from torch import Tensor
from torch.nn import functional

GRIDS = (32, 64)


def grid_for(image_size: int) -> int:
    """The power of two that a picture of this size is computed on."""
    for grid in GRIDS:
        if grid * 3 // 4 <= image_size <= grid:
            return grid
    raise ValueError(f"expected an image size of 24 to 32 or 48 to 64, got {image_size}")


def pad(image: Tensor, *, grid: int, value: float = 0.0) -> Tensor:
    """[N, C, S, S] → [N, C, grid, grid], the picture in the middle."""
    before = (grid - image.shape[-1]) // 2
    after = grid - image.shape[-1] - before
    return functional.pad(image, (before, after, before, after), value=value)


def crop(image: Tensor, *, size: int) -> Tensor:
    """[N, C, grid, grid] → [N, C, size, size], the middle."""
    start = (image.shape[-1] - size) // 2
    return image[..., start : start + size, start : start + size]
