"""Windows of a picture at its own scale, where it shows most: what a network that restores reads.

Made smaller, a picture has no noise and no blocks left to be taken away.
"""

from torch import Tensor


def windows(image: Tensor, *, side: int, most: int) -> Tensor:
    """Up to so many windows that do not overlap, the richest in detail first.

    Most of a product's picture is its plain ground, from which nothing is learnt.

    Args:
        image: [1, C, H, W], both sides at least `side`.
        side: of a window in pixels.
        most: how many.

    Returns:
        [n, C, side, side], n from 1 to `most`; the same image gives the same windows.
    """
    height, width = image.shape[2:]
    if min(height, width) < side:
        raise ValueError(f"expected sides of {side} at least, got {height}×{width}")
    found = _grid(image, side)
    richest = detail(found).argsort(descending=True, stable=True)
    return found[richest[:most]]


def detail(images: Tensor) -> Tensor:
    """[N]: how far neighbouring pixels are apart, on average."""
    down = images.diff(dim=2).abs().mean((1, 2, 3))
    across = images.diff(dim=3).abs().mean((1, 2, 3))
    return down + across


def _grid(image: Tensor, side: int) -> Tensor:
    """As many as fit, in the picture's middle."""
    channels, height, width = image.shape[1:]
    rows, columns = height // side, width // side
    top, left = height % side // 2, width % side // 2
    inner = image[0, :, top : top + rows * side, left : left + columns * side]
    cut = inner.reshape(channels, rows, side, columns, side).permute(1, 3, 0, 2, 4)
    return cut.reshape(-1, channels, side, side)
