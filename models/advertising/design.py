"""What a template and an order say of an advertisement, in shares of the canvas, not in pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Item = Literal["headline", "price", "cta", "badge", "logo"]
Role = Literal["paper", "tint", "ink", "accent"]
Across = Literal["start", "center", "end"]
Down = Literal["top", "middle", "bottom"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the canvas."""
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A size in pixels, and the shares of its sides that a platform covers with its own.

    Attributes:
        safe: what stays empty of words at the left, top, right and bottom.
    """

    name: str
    width: int
    height: int
    safe: Box = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Shape:
    """A field of one colour; `radius` is a share of its shorter side, 0.5 makes it round."""

    box: Box
    fill: Role
    radius: float


@dataclass(frozen=True, slots=True)
class Column:
    """Items one below the other; `start` is where reading starts: right for Arabic."""

    box: Box
    items: tuple[Item, ...]
    across: Across
    down: Down


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes on a canvas of some proportion.

    Attributes:
        ground: colour of what no shape covers.
        sizes: least and most size of each item's letters, or the logo's height, as a share of the
            canvas's shorter side.
        margin: what stays free on every side, as a share of the shorter side.
    """

    ground: Role
    margin: float
    product: Box
    shapes: tuple[Shape, ...]
    columns: tuple[Column, ...]
    sizes: Mapping[Item, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is to be read; None is left out, and what is below it moves up."""

    headline: str
    price: str | None = None
    cta: str | None = None
    badge: str | None = None

    def of(self, item: Item) -> str | None:
        return None if item == "logo" else getattr(self, item)
