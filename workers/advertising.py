"""From an order for advertisements to what the studio sets out: sizes, layouts, fonts."""

from pathlib import Path

from db.operations import templates
from db.operations.advertising import Ad, size_of
from models.advertising import fonts
from models.advertising.advert import Spread, advert
from models.advertising.design import Canvas, Column, Layout, Rgb, Shape, Wording
from models.made import Made
from workers import settings
from workers.edit import Given, finder_of


def advertise(operation: Ad, given: Given) -> Made:
    """One picture for each size and variant."""
    return advert(
        given.image(),
        spreads=[_spread(operation, said) for said in operation.sizes],
        wording=Wording(operation.headline, operation.price, operation.cta, operation.badge),
        logo=given.pictures.get("logo"),
        asked=[_rgb(colour) for colour in operation.palette or ()],
        variants=operation.variants,
        folders=folders(),
        mask=given.product_mask(),
        find=finder_of(given, operation),
    )


def folders() -> list[Path]:
    """Where fonts are looked for: the operator's, the one that ships, the system's."""
    own = settings.get().fonts
    return [*([Path(own)] if own else []), fonts.SHIPPED, *fonts.SYSTEM]


def _spread(operation: Ad, said: str) -> Spread:
    size = size_of(said)
    layout = templates.get(operation.template).layout(size.width, size.height)
    return Spread(Canvas(said, size.width, size.height, size[2:]), _layout(layout))


def _layout(asked: templates.Layout) -> Layout:
    return Layout(
        ground=asked.ground,
        margin=asked.margin,
        product=asked.product,
        shapes=tuple(Shape(one.box, one.fill, one.radius) for one in asked.shapes),
        columns=tuple(Column(one.box, one.items, one.across, one.down) for one in asked.columns),
        sizes=asked.sizes,
    )


def _rgb(hex_colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(hex_colour.removeprefix("#"))
    return red, green, blue
