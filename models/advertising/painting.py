"""Paints fields, shadows, words and logos on a canvas [1, 3, H, W] in [0, 1], in place."""

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from models import resampling
from models.advertising.boxes import Area
from models.advertising.contrast import Legible, legible
from models.advertising.design import Across, Rgb
from models.advertising.setting import Block
from models.editing.background import colour

_FINER = 4
_SHADOW_DROP, _SHADOW_SOFT, _SHADOW_OPACITY = 0.03, 0.035, 0.26


def blank(rgb: Rgb, *, width: int, height: int) -> Tensor:
    return colour(rgb, like=torch.empty(0)).repeat(1, 1, height, width)


def field(canvas: Tensor, area: Area, rgb: Rgb, *, radius: float) -> None:
    """A field of one colour with round corners, smooth at its rim; it may reach over the sides."""
    seen = area.within(Area(0, 0, canvas.shape[3], canvas.shape[2]))
    if seen.width < 1 or seen.height < 1:
        return
    mask = torch.ones(1, 1, area.height, area.width)
    if radius > 0:
        size = area.width * _FINER, area.height * _FINER
        large = Image.new("L", size)
        ImageDraw.Draw(large).rounded_rectangle(
            (0, 0, size[0] - 1, size[1] - 1), fill=255, radius=radius * min(size)
        )
        mask = _plane(large.resize((area.width, area.height), Image.Resampling.BOX))
    corner = Area(0, 0, seen.width, seen.height).moved(seen.left - area.left, seen.top - area.top)
    view = _on(canvas, seen)
    view.add_((colour(rgb, like=canvas) - view) * _on(mask, corner))


def shadow(canvas: Tensor, coverage: Tensor) -> None:
    """A soft one below what will stand on the canvas at this coverage [1, 1, H, W]."""
    rows = coverage[0, 0].amax(dim=1).nonzero()
    if not len(rows):
        return
    height = int(rows[-1] - rows[0]) + 1
    soft = cv2.GaussianBlur(
        coverage[0, 0].numpy(), (0, 0), max(0.8, _SHADOW_SOFT * height), borderType=0
    )
    drop = round(_SHADOW_DROP * height)
    fallen = np.zeros_like(soft)
    fallen[drop:] = soft[: soft.shape[0] - drop]
    canvas.mul_(1 - _SHADOW_OPACITY * torch.from_numpy(fallen)[None, None])


def write(
    canvas: Tensor, lettering: Tensor, block: Block, area: Area, rgb: Rgb, *, across: Across
) -> Legible:
    """Words in an area, in the colour that was wanted or in one that can be read there.

    Args:
        canvas: painted on.
        lettering: [1, 1, H, W], how far each pixel is covered by words; added to.
        block: the words.
        area: of the block's size at least; the block's middle line goes to its middle.
        rgb: the colour that is wanted.
        across: to which side lines go that are shorter than the longest.
    """
    ink = legible(rgb, _on(canvas, area))
    if ink.plate is not None:
        field(canvas, area, ink.plate, radius=0)
    covered = _letters(block, area, across)
    view = _on(canvas, area)
    view.add_((colour(ink.ink, like=canvas) - view) * covered)
    _on(lettering, area).copy_(torch.maximum(_on(lettering, area), covered))
    return ink


def emblem(canvas: Tensor, image: Tensor, area: Area) -> None:
    """A logo [1, 4, h, w] with straight alpha, shrunk or enlarged to an area."""
    fitted = resampling.resize(image, height=area.height, width=area.width)
    colours, alpha = fitted[:, :3], fitted[:, 3:]
    view = _on(canvas, area)
    view.add_((colours - view) * alpha)


def shrunk(image: Tensor, *, height: int, width: int) -> Tensor:
    """[1, 4, h, w] of a logo, its edge without what lies under transparent pixels."""
    return resampling.resize(image, height=height, width=width)


def _letters(block: Block, area: Area, across: Across) -> Tensor:
    """Coverage [1, 1, h, w] of an area by words."""
    sheet = Image.new("L", (area.width, area.height))
    pen = ImageDraw.Draw(sheet)
    anchor = {"start": "r" if block.right_to_left else "l", "center": "m", "end": "r"}[across]
    if across == "end" and block.right_to_left:
        anchor = "l"
    x = {"l": 0.0, "m": area.width / 2, "r": float(area.width)}[anchor]
    base = (area.height - block.height) // 2 + block.rise
    for number, line in enumerate(block.lines):
        pen.text(
            (x, base + number * block.step),
            line,
            fill=255,
            font=block.font,
            anchor=f"{anchor}s",
            direction=block.direction,
        )
    return _plane(sheet)


def _plane(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image, dtype=np.float32) / 255)[None, None]


def _on(canvas: Tensor, area: Area) -> Tensor:
    return canvas[:, :, area.top : area.bottom, area.left : area.right]
