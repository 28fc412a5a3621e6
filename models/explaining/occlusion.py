"""Where a classifier looks: cover a part, and see what it still believes (Zeiler & Fergus 2014)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.data.image_set import border, fitted
from models.explaining.heat import over
from models.generation.latent import Network, first
from models.made import Made

PIECE = 64


@torch.no_grad()
def occlusion(
    image: Tensor,
    *,
    label: int | None,
    categories: Sequence[str],
    patch_share: float,
    stride_share: float,
    classify: Network,
    size: int,
    channels: int,
) -> Made:
    """How much the category's probability falls when a part of [1, 3, H, W] is covered.

    Covered is by the border's colour, as if the backdrop went on there. A fall below zero is a
    rise: what lies there speaks for other categories.

    Args:
        image: in [0, 1].
        label: whose probability; None: the likeliest of the whole picture.
        categories: what the classifier's answers mean.
        patch_share: the cover's side as a share of the picture's longer side.
        stride_share: how far it moves on.
        classify: images [N, C, S, S] → probabilities [N, K].
        size: side in pixels at which the classifier reads.
        channels: that it reads.

    Returns:
        The heat over the picture; `details` hold each place's fall, row by row.
    """
    small = fitted(image, size=size, channels=channels)
    whole = first(classify(small))[0]
    watched = int(whole.argmax()) if label is None else label
    patch, stride = (max(1, round(share * size)) for share in (patch_share, stride_share))
    starts = _starts(size, patch, stride)
    covers = _covers(starts, size, patch)
    left = _probabilities(small, covers, classify)[:, watched]
    falls = (whole[watched] - left).view(len(starts), len(starts))
    report = {
        "category": categories[watched],
        "probability": round(float(whole[watched]), 6),
        **_most(falls, starts, patch, size, image),
    }
    grid = [[round(fall, 6) for fall in row] for row in falls.tolist()]
    details = {**report, "patch_px": patch, "starts_px": starts, "read_at_px": size, "falls": grid}
    heat = _spread(falls.flatten(), covers)
    return Made(images=(over(image, heat),), report=report, details=(details,))


def _starts(size: int, patch: int, stride: int) -> list[int]:
    """Where a cover begins along a side; the last one ends with the picture."""
    return sorted({*range(0, size - patch, stride), size - patch})


def _covers(starts: list[int], size: int, patch: int) -> Tensor:
    """[P, 1, S, S] bool, each place in turn, row by row."""
    at = torch.arange(size)
    spans = torch.stack([(at >= start) & (at < start + patch) for start in starts])
    return (spans[:, None, :, None] & spans[None, :, None, :]).flatten(0, 1)[:, None]


def _probabilities(small: Tensor, covers: Tensor, classify: Network) -> Tensor:
    ground = border(small)
    return torch.cat(
        [first(classify(torch.where(some, ground, small))) for some in torch.split(covers, PIECE)]
    )


def _spread(falls: Tensor, covers: Tensor) -> Tensor:
    """[1, 1, S, S]: of each pixel the mean fall of all the covers that lay over it."""
    over_it = covers.float()
    total = (over_it * falls.view(-1, 1, 1, 1)).sum(0, keepdim=True)
    return total / over_it.sum(0, keepdim=True)


def _most(
    falls: Tensor, starts: list[int], patch: int, size: int, image: Tensor
) -> dict[str, float | int]:
    """The place whose cover costs most: its middle, in pixels of the picture as it was given."""
    row, column = divmod(int(falls.argmax()), len(starts))
    height, width = image.shape[2:]
    longer = max(height, width)
    y, x = ((starts[at] + patch / 2) / size * longer for at in (row, column))
    return {
        "most_fall": round(float(falls.max()), 6),
        "most_x_px": min(max(int(x - (longer - width) // 2), 0), width - 1),
        "most_y_px": min(max(int(y - (longer - height) // 2), 0), height - 1),
    }
