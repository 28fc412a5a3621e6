"""Draws a product from a label map, by a network that learnt to; its colours are the palette's."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from models.data import palette
from models.data.label_maps import COVERED, REGIONS
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made

Network = Callable[..., Tensor | tuple[Tensor, ...]]

VIEW_PX = 512
NEAR = 12 / 255
"""How far a colour may lie from the palette's: half of the least step between two, and less."""
STRAY = 0.01
"""Share of the pixels that may be of no colour, or of another category: soft edges."""


@torch.no_grad()
def translate_labels(
    picture: Loaded, *, label: int | None, categories: int, network: Network, size: int
) -> Made:
    """One picture [1, 3, size, size], and the region that was asked for.

    Args:
        picture: [1, 3, H, W] in [0, 1], flat colours of `palette.colours(categories)`.
        label: of the category that was ordered; None: the map's own.
        categories: how many the network knows.
        network: maps [N, R, S, S] and labels [N] to pictures [N, 3, S, S] in [0, 1].
        size: S of the network.

    Raises:
        CannotDo: `labels_unknown`, `labels_mixed` or `labels_empty`.
    """
    found = labelled(picture.image, categories=categories)
    category = category_of(found)
    if label is not None and label != category:
        raise CannotDo("labels_mixed", "The map is of another category than the order.")
    told = regions(found, category, size=size)
    drawn = network(told, torch.tensor([category]))
    image = (drawn if isinstance(drawn, Tensor) else drawn[0]).cpu()
    product = 1 - told.amin(1, keepdim=True)
    return Made(
        images=(image,),
        asked=product,
        report={"label": category, "map_share": float(product.mean())},
        stages={"map": palette.painted(told, torch.tensor([category]))},
    )


def labelled(drawing: Tensor, *, categories: int) -> Tensor:
    """[1, 3, H, W] → int64 [side, side], square on the ground: rows of the palette's nearest.

    Raises:
        CannotDo: `labels_unknown`.
    """
    small = _small(drawing)
    nearest = torch.zeros(small.shape[2:], dtype=torch.int64)
    least = torch.full(small.shape[2:], torch.inf)
    for row, colour in enumerate(palette.colours(categories).float() / 255):
        apart = (small[0] - colour[:, None, None]).abs().amax(0)
        nearest[apart < least] = row
        least = torch.minimum(apart, least)
    strange = (least > NEAR).float().mean().item()
    if strange > STRAY:
        raise CannotDo(
            "labels_unknown",
            f"{strange:.0%} of the pixels have no colour of the palette of {categories} categories",
        )
    return _squared(nearest)


def category_of(found: Tensor) -> int:
    """The one category whose regions the map shows.

    Raises:
        CannotDo: `labels_empty` where all is ground; `labels_mixed`.
    """
    shown = found[found != palette.GROUND]
    if not len(shown):
        raise CannotDo("labels_empty", "The map shows the ground alone; there is nothing to draw.")
    counts = ((shown - 1) // len(REGIONS)).bincount()
    if int(counts.sum() - counts.max()) > STRAY * found.numel():
        known = (counts > STRAY * found.numel()).nonzero().flatten().tolist()
        raise CannotDo("labels_mixed", f"The map shows several categories: labels {known}.")
    return int(counts.argmax())


def regions(found: Tensor, category: int, *, size: int) -> Tensor:
    """[side, side] of the palette's rows → [1, R, size, size]: 0 where a region is, 1 elsewhere.

    Raises:
        CannotDo: `labels_empty` where nothing is left at that size.
    """
    first = palette.label_for(category, 0)
    covers = torch.stack([found == first + region for region in range(len(REGIONS))])[None].float()
    if found.shape[-1] >= size:
        covers = functional.adaptive_avg_pool2d(covers, size)
    else:
        covers = functional.interpolate(covers, size=(size, size))
    is_product = covers.sum(1, keepdim=True) >= COVERED
    most = functional.one_hot(covers.argmax(1), len(REGIONS)).permute(0, 3, 1, 2)
    told = 1 - (most * is_product).float()
    if bool(told.all()):
        raise CannotDo("labels_empty", "What the map shows is too small to be drawn.")
    return told


def _small(drawing: Tensor) -> Tensor:
    """At most 512 pixels a side, by pixels that are kept: a mean of two labels is a third."""
    longer = max(drawing.shape[2:])
    if longer <= VIEW_PX:
        return drawing
    sides = [max(1, round(side * VIEW_PX / longer)) for side in drawing.shape[2:]]
    return functional.interpolate(drawing, size=sides, mode="nearest-exact")


def _squared(found: Tensor) -> Tensor:
    height, width = found.shape
    side = max(height, width)
    square = torch.full((side, side), palette.GROUND, dtype=found.dtype)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = found
    return square
