"""An advertisement in several sizes and colours: a template's layout, painted and proven."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as each
from pathlib import Path

import torch
from torch import Tensor

from models.advertising import contrast, painting, palette
from models.advertising.boxes import Area, live, mirrored, pixels
from models.advertising.columns import PILLS, Placed, Words, arranged, words_of
from models.advertising.design import Canvas, Column, Item, Layout, Rgb, Role, Wording
from models.advertising.palette import Colours
from models.advertising.script import is_right_to_left
from models.advertising.standing import stand
from models.editing.cutout import product
from models.images import Loaded
from models.made import Lettering, Made
from models.matting import matte
from models.matting.matte import Finder, Matte

_LIKE = 0.02
_MOST_LOGO = 6.0  # times as wide as high
_INK: dict[Item, Role] = {"headline": "ink", "price": "accent", "cta": "paper", "badge": "accent"}
_PILL: dict[Item, Role] = {"cta": "accent", "badge": "tint"}


@dataclass(frozen=True, slots=True)
class Spread:
    """A canvas and the layout that a template has for its proportions."""

    canvas: Canvas
    layout: Layout


def advert(
    image: Tensor,
    *,
    spreads: Sequence[Spread],
    wording: Wording,
    logo: Loaded | None,
    asked: Sequence[Rgb],
    variants: int,
    folders: Sequence[Path],
    mask: Tensor | None = None,
    find: Finder = matte.find,
) -> Made:
    """One picture for each size and variant, the sizes of a variant together.

    Args:
        image: [1, 3, H, W] in [0, 1].
        spreads: the sizes.
        wording: what is to be read.
        logo: a picture, with or without transparency.
        asked: accent, ground and ink that are wanted, in this order; what is left out is ours.
        variants: how many palettes, 1 to 16.
        folders: where fonts are looked for, the first first.
        mask: [1, 1, H, W], such as the picture's own alpha, instead of a guess.
        find: what guesses where there is no mask.

    Raises:
        CannotDo: `font_missing`, `shaping_missing`, `text_too_long`, `canvas_too_small`, or what
            finding the product says.
    """
    found = product(image, mask=mask, find=find)
    tint = palette.tint_of(image, found.alpha)
    parts = tuple(
        _one(image, found, spread, colours, wording, logo, folders)
        for colours, spread in each(
            [palette.given(asked, palette.colours(tint, number)) for number in range(variants)],
            spreads,
        )
    )
    last = parts[-1]
    return Made(
        tuple(part.images[0] for part in parts),
        product_mask=last.product_mask,
        expected_product=last.expected_product,
        matte=found.alpha,
        independent_mask=found.independent,
        placement=last.placement,
        lettering=last.lettering,
        report=found.report | _least(parts),
        details=tuple(part.details[0] for part in parts),
        stages=last.stages,
        parts=parts,
    )


def _one(
    image: Tensor,
    found: Matte,
    spread: Spread,
    colours: Colours,
    wording: Wording,
    logo: Loaded | None,
    folders: Sequence[Path],
) -> Made:
    canvas, turned = spread.canvas, is_right_to_left(wording.headline)
    layout = mirrored(spread.layout) if turned else spread.layout
    unit = min(canvas.width, canvas.height)
    inside = live(canvas, margin=layout.margin)
    sheet = painting.blank(colours[layout.ground], width=canvas.width, height=canvas.height)
    for shape in layout.shapes:
        area = pixels(shape.box, canvas)
        painting.field(sheet, area, colours[shape.fill], radius=shape.radius)
    stood = stand(sheet, image, found, pixels(layout.product, canvas).within(inside))
    words = words_of(wording, layout.sizes, unit=unit, folders=folders)
    emblem = _emblem(logo, round(layout.sizes["logo"][1] * unit))
    ink = _Ink(sheet, torch.zeros_like(sheet[:, :1]), colours, emblem, [], [])
    for column in layout.columns:
        area = pixels(column.box, canvas).within(inside)
        _fill(ink, column, area, words, turned=turned)
    return Made(
        (sheet,),
        product_mask=stood.product_mask,
        expected_product=stood.expected,
        matte=found.alpha,
        independent_mask=found.independent,
        placement=stood.move.matrix(),
        lettering=Lettering(ink.lettering, tuple(ink.boxes)),
        details=(_told(spread.canvas, colours, stood.move.scale, ink.contrasts, inside),),
        stages={"coverage": stood.coverage},
    )


@dataclass(frozen=True, slots=True)
class _Ink:
    """What is painted on, and what is kept of it: lists grow as words are written."""

    sheet: Tensor
    lettering: Tensor
    colours: Colours
    logo: Tensor | None
    boxes: list[tuple[int, int, int, int]]
    contrasts: list[float]

    def pill(self, placed: Placed) -> None:
        """Of paper where it could not be told from what is behind it."""
        fill = self.colours[_PILL[placed.piece.item]]
        behind = _view(self.sheet, placed.area)
        if float((behind - _flat(fill, behind)).abs().amax(dim=1).median()) < _LIKE:
            fill = self.colours["paper"]
        painting.field(self.sheet, placed.area, fill, radius=0.5)

    def write(self, placed: Placed, column: Column) -> None:
        block = placed.piece.block
        if block is None:
            return
        is_pill = placed.piece.item in PILLS
        area = _inner(placed) if is_pill else placed.area
        before = _view(self.sheet, area).clone()
        wanted = self.colours[_INK[placed.piece.item]]
        across = "center" if is_pill else column.across
        used = painting.write(self.sheet, self.lettering, block, area, wanted, across=across)
        ground = before if used.plate is None else before * 0 + _flat(used.plate, before)
        self.boxes.append((area.left, area.top, area.right, area.bottom))
        self.contrasts.append(contrast.least(used.ink, ground))


def _fill(
    ink: _Ink,
    column: Column,
    area: Area,
    words: dict[Item, Words],
    *,
    turned: bool,
) -> None:
    size = None if ink.logo is None else (ink.logo.shape[3], ink.logo.shape[2])
    for placed in arranged(column, area, words, turned=turned, logo=size):
        if placed.piece.item == "logo" and ink.logo is not None:
            painting.emblem(ink.sheet, ink.logo, placed.area)
        if placed.piece.item in PILLS:
            ink.pill(placed)
        ink.write(placed, column)


def _inner(placed: Placed) -> Area:
    """A pill's area without its round ends: as wide as its words, and a little higher."""
    area, block = placed.area, placed.piece.block
    if block is None:
        return area
    side = (area.width - block.width) // 2
    free = max(0, (area.height - block.height - block.size // 2) // 2)
    return Area(area.left + side, area.top + free, area.right - side, area.bottom - free)


def _emblem(logo: Loaded | None, height: int) -> Tensor | None:
    """The logo [1, 4, h, w] at its size; a wide one is lower."""
    if logo is None:
        return None
    alpha = torch.ones_like(logo.image[:, :1]) if logo.alpha is None else logo.alpha
    image = torch.cat((logo.image.expand(-1, 3, -1, -1), alpha), dim=1)
    wide = image.shape[3] / image.shape[2]
    high = max(8, round(height * min(1.0, _MOST_LOGO / wide)))
    return painting.shrunk(image, height=high, width=max(1, round(high * wide)))


def _flat(rgb: Rgb, like: Tensor) -> Tensor:
    return like.new_tensor(rgb).view(1, 3, 1, 1) / 255


def _view(canvas: Tensor, area: Area) -> Tensor:
    return canvas[:, :, area.top : area.bottom, area.left : area.right]


def _told(
    canvas: Canvas, colours: Colours, scale: float, contrasts: Sequence[float], inside: Area
) -> dict[str, object]:
    return {
        "size": canvas.name,
        "colors": {role: "#{:02x}{:02x}{:02x}".format(*rgb) for role, rgb in colours.items()},
        "text_contrast": round(min(contrasts), 3),
        "product_scale": scale,
        "live_area": [inside.left, inside.top, inside.right, inside.bottom],
    }


def _least(parts: Sequence[Made]) -> dict[str, float]:
    return {"least_text_contrast": min(part.details[0]["text_contrast"] for part in parts)}
