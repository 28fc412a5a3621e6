"""Takes away what a mask covers, and draws in its place what lies around it."""

from collections.abc import Iterator
from types import EllipsisType

import cv2
import numpy as np
import torch
from torch import Tensor

from models import resampling
from models.editing.cutout import checked
from models.editing.drawing import Draw
from models.failures import CannotDo
from models.filling import filled
from models.made import Made

Crop = tuple[EllipsisType, slice, slice]

_AROUND_PX = 16
_MOST_HOLES = 64
_HARDLY = 0.25


def inpaint(
    image: Tensor,
    *,
    mask: Tensor,
    dilate_px: int,
    feather_px: int,
    alpha: Tensor | None = None,
    draw: Draw | None = None,
) -> Made:
    """Fills the masked region; every pixel outside the edit mask stays bit for bit.

    Args:
        image: [1, 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        mask: [1, 1, H, W], above one half where something is to go.
        dilate_px: how far beyond the mask everything is replaced.
        feather_px: how far beyond that the new runs out into the old.
        alpha: [1, 1, H, W], the picture's transparency, kept as it is; the result is RGBA then.
        draw: what draws texture over the film; None leaves the film.
    """
    covered = checked(mask, image) > 0.5
    if not bool(covered.any()):
        raise CannotDo("mask_empty", "The mask covers nothing that could be taken away.")
    weight = reaching(covered, dilate_px=dilate_px, feather_px=feather_px)
    edited = weight > 0
    # Nothing is drawn from what is to go, nor from what nobody sees.
    unknown = edited if alpha is None else edited | (alpha < _HARDLY)
    if bool(unknown.all()):
        raise CannotDo("mask_full", "The mask leaves nothing of the picture to draw from.")
    source = image if alpha is None else resampling.lifted(image, alpha)[:, :3]
    output, holes = source.clone(), 0
    for own, box in _holes(edited):
        crop: Crop = (..., *box)
        if bool(unknown[crop].all()):
            own, crop = _in_whole(own, crop, edited), (..., slice(None), slice(None))
        film = filled(source[crop], unknown[crop])
        if draw is not None:
            film = draw(film, unknown[crop])
        mixed = source[crop] + weight[crop] * (film - source[crop])
        output[crop] = torch.where(own, mixed, output[crop])
        holes += 1
    if alpha is not None:
        output = torch.cat((output.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)
    report = {
        "edited_share": float(edited.float().mean()),
        "holes": holes,
        "engine": "classical" if draw is None else "network",
    }
    return Made((output,), edit_mask=edited.float(), report=report)


def reaching(covered: Tensor, *, dilate_px: int, feather_px: int) -> Tensor:
    """[1, 1, H, W] in [0, 1]: 1 to `dilate_px` beyond the mask, falling to 0 over the feather."""
    away = cv2.distanceTransform(
        (~covered[0, 0]).numpy().astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    beyond = torch.from_numpy(np.asarray(away, np.float32))[None, None] - dilate_px
    return (1 - beyond / (feather_px + 1)).clamp_(0, 1)


def _in_whole(own: Tensor, crop: Crop, edited: Tensor) -> Tensor:
    """A hole's own pixels in the whole picture, where its box has nothing to draw from."""
    whole = torch.zeros_like(edited)
    whole[crop] = own
    return whole


def _holes(edited: Tensor) -> Iterator[tuple[Tensor, tuple[slice, slice]]]:
    """Each hole with the box that it is filled in; very many are taken as one."""
    plane = edited[0, 0].numpy().astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
    if count - 1 > _MOST_HOLES:
        labels, stats = plane.astype(np.int32), np.array([[0] * 5, [*cv2.boundingRect(plane), 0]])
    for number, (left, top, width, height, _) in enumerate(stats[1:], start=1):
        margin = max(_AROUND_PX, int(max(width, height)) // 2)
        box = (
            slice(max(0, int(top) - margin), int(top + height) + margin),
            slice(max(0, int(left) - margin), int(left + width) + margin),
        )
        yield torch.from_numpy(np.asarray(labels)[box] == number)[None, None], box
