"""Frames of one size in a sheet, and how a product that turns is scaled and moved into each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from models.matting.extents import Extents

Sizing = Literal["common", "height"]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Frames side by side, from the upper left, row after row."""

    count: int
    columns: int
    width: int
    height: int
    """Of a frame, in pixels; as `width`."""

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    def box(self, number: int) -> Box:
        """Left, top, right and bottom of a frame."""
        left = number % self.columns * self.width
        top = number // self.columns * self.height
        return left, top, left + self.width, top + self.height

    def frame(self, sheet: Tensor, number: int) -> Tensor:
        """A frame's view of [1, C, H, W]."""
        left, top, right, bottom = self.box(number)
        return sheet[:, :, top:bottom, left:right]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the product stands in every frame, and by which scale each view comes there.

    Attributes:
        ground: how far down its lowest point is.
        scales: of each view.
    """

    middle: float
    ground: float
    scales: tuple[float, ...]

    def shift(self, number: int, seen: Extents) -> tuple[float, float]:
        """Right and down, of a view in which the product reaches so far."""
        scale = self.scales[number]
        return self.middle - scale * seen.middle, self.ground - scale * seen.bottom


def stand(views: Sequence[Extents], sheet: Sheet, *, sizing: Sizing, fill: float) -> Stand:
    """As large as it can be without being larger than the share of a frame in any view."""
    wide, high = fill * sheet.width, fill * sheet.height
    match sizing:
        case "common":
            widest, highest = max(one.width for one in views), max(one.height for one in views)
            scales = (min(wide / widest, high / highest),) * len(views)
            tallest = scales[0] * highest
        case "height":
            tallest = min(high, *(wide * one.height / one.width for one in views))
            scales = tuple(tallest / one.height for one in views)
    return Stand(sheet.width / 2, (sheet.height + tallest) / 2, scales)
