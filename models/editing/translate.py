"""Draws a product from a sketch, or from a photograph's edges, by a network that learnt to."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from models.data.image_set import fitted, recoloured
from models.data.sketches import sketched, steady
from models.failures import CannotDo
from models.images import Loaded
from models.made import Made

Kind = Literal["sketch", "photograph"]
Network = Callable[..., Tensor | tuple[Tensor, ...]]

VIEW_PX = 512
DARK = 0.35
"""How far below the paper a stroke is, at least."""


@torch.no_grad()
def translate(
    picture: Loaded,
    *,
    kind: Kind,
    label: int | None,
    categories: int,
    network: Network,
    size: int,
    channels: int,
) -> Made:
    """One picture [1, C, size, size]; of a photograph, that itself is the reference.

    Args:
        picture: [1, 3, H, W] in [0, 1].
        kind: lines on lighter paper, or a photograph whose edges are found first.
        label: of the category; None: the one whose picture's own edges are nearest to the sketch.
        categories: how many the network knows.
        network: sketch [N, 1, S, S] and labels [N] to pictures [N, C, S, S] in [0, 1].
        size: S of the network.
        channels: C of the network.

    Raises:
        CannotDo: `sketch_empty`.
    """
    real = fitted(picture.image, size=size, channels=channels) if kind == "photograph" else None
    sketch = lines(picture.image, size=size) if real is None else sketched(real, steady(1))
    if not bool((sketch < 1).any()):
        raise CannotDo("sketch_empty", "There are no lines in the picture to draw from.")
    labels = torch.arange(categories) if label is None else torch.tensor([label])
    drawn = _first(network(sketch.repeat(len(labels), 1, 1, 1), labels)).cpu()
    best = int(_apart(drawn, sketch).argmin()) if label is None else 0
    return Made(
        images=(drawn[best : best + 1],),
        expected=None if real is None else real.expand(-1, 3, -1, -1),
        report={"label": int(labels[best]), "line_share": float((sketch < 1).float().mean())},
        stages={"sketch": sketch},
    )


def lines(drawing: Tensor, *, size: int) -> Tensor:
    """[1, 3, H, W] of dark strokes → [1, 1, size, size]: 0 on a line, one pixel wide, 1 on paper.

    Thin lines stay when a drawing is made small, and thick ones become thin.
    """
    from skimage.morphology import skeletonize  # here: half a second of every process's start

    grey = recoloured(drawing, channels=1)
    paper = grey.flatten().quantile(0.9) if grey.numel() < 1 << 24 else grey.max()
    dark = (paper - grey).clamp(min=0)
    height, width = dark.shape[2:]
    side = max(height, width)
    across, down = side - width, side - height
    square = functional.pad(dark, (across // 2, -(-across // 2), down // 2, -(-down // 2)))
    if side > VIEW_PX:
        square = functional.adaptive_max_pool2d(square, VIEW_PX)
    strokes = (square > DARK)[0, 0].numpy()
    thin = torch.from_numpy(skeletonize(strokes)).float()[None, None]  # type: ignore[no-untyped-call]
    if thin.shape[-1] < size:
        return 1 - functional.interpolate(thin, size=(size, size))
    return 1 - functional.adaptive_max_pool2d(thin, size)


def _apart(drawn: Tensor, sketch: Tensor) -> Tensor:
    """[N], how far the edges of what was drawn lie from those that were asked for."""
    found = sketched(drawn, steady(len(drawn)))
    soft = (functional.avg_pool2d(1 - one, 5, stride=2, padding=2) for one in (found, sketch))
    one, other = soft
    return (one - other).square().mean((1, 2, 3))


def _first(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]
