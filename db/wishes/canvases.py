"""Where a picture goes and how large it is to be: a size, a channel's usual one, a preset's."""

from dataclasses import dataclass
from typing import Any, Final

from db.operations import presets
from db.operations.advertising import SIZES
from db.operations.base import Rgb
from db.operations.presets import Preset
from db.wishes import refusing, vocabulary
from db.wishes.grounds import WHITE
from db.wishes.wish import Heard, Wish

_SIDES_PX: Final = (16, 10_000)
_MOST_PIXELS: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class Canvas:
    """In pixels; `fill` is the share that the product's longer side takes, if a channel says so."""

    width: int
    height: int
    fill: float | None = None

    def step(self, rgb: Rgb | None) -> dict[str, Any]:
        """Of the operation `place`."""
        of = {} if self.fill is None else {"fill_long_side": self.fill}
        size = {"width": self.width, "height": self.height}
        return {"op": "place", **size, **of, "rgb": list(rgb or WHITE)}


@dataclass(frozen=True, slots=True)
class Place:
    """The canvas, if any, and the preset that it is for; `is_sized`: not as large as that says."""

    canvas: Canvas | None
    preset: Preset | None = None
    is_sized: bool = False


def place(wish: Wish) -> Place:
    """What was said of it.

    Raises:
        Refused: of two sizes, or one that nobody makes, or that the channel does not take.
    """
    size = _size(wish.wanted("size"))
    channels = wish.wanted("channel")
    if not channels:
        return Place(None if size is None else Canvas(*size))
    channel = vocabulary.get().channels[channels[0].name]
    if channel.preset is None:
        usual = SIZES[(channel.sizes or ["square"])[0]]
        return Place(Canvas(*(size or usual[:2])))
    preset = presets.get(channel.preset)
    make = preset.make
    is_only_square = all(one.name == "square" for one in wish.wanted("size"))
    if size is None or is_only_square:
        return Place(Canvas(make.side_px, make.side_px, make.fill_long_side), preset)
    _check(size, preset)
    return Place(Canvas(*size, make.fill_long_side), preset, is_sized=True)


def _size(said: list[Heard]) -> tuple[int, int] | None:
    """The one size that all of these say."""
    words = vocabulary.get().sizes
    exact = [one for one in said if one.name not in words]
    named = [one for one in said if one.name in words]
    strict = [one for one in named if not words[one.name].loose]
    chosen = exact or strict or named
    if not chosen:
        return None
    width, height = _pixels(chosen[0])
    agree = all(_agrees(one, width, height) for one in said)
    if not agree or len({_pixels(one) for one in chosen}) > 1:
        raise refusing.ambiguous({"size": [one.text for one in said]})
    if not all(_SIDES_PX[0] <= one <= _SIDES_PX[1] for one in (width, height)):
        raise refusing.impossible(f"a side has {_SIDES_PX[0]} to {_SIDES_PX[1]} pixels")
    if width * height > _MOST_PIXELS:
        raise refusing.impossible(f"{width} x {height} is more than 64 megapixels")
    return width, height


def _pixels(one: Heard) -> tuple[int, int]:
    word = vocabulary.get().sizes.get(one.name)
    if word is not None:
        return SIZES[word.named].width, SIZES[word.named].height
    width, _, height = one.name.partition("x")
    return int(width), int(height)


def _agrees(one: Heard, width: int, height: int) -> bool:
    """Whether a size of so many pixels may be called so."""
    word = vocabulary.get().sizes.get(one.name)
    own = _pixels(one)
    if word is None or not word.loose:
        return own == (width, height)
    return (own[0] > own[1], own[0] < own[1]) == (width > height, width < height)


def _check(size: tuple[int, int], preset: Preset) -> None:
    """Whether the channel takes a picture of this size.

    Raises:
        Refused: with what it wants.
    """
    rules, long, short = preset.pixels, max(size), min(size)
    least = max(rules.least_long_side_px or 0, rules.least_side_px or 0)
    if long < least or short < (rules.least_side_px or 0):
        raise refusing.impossible(f"{preset.title}, takes pictures from {least} pixels")
    if long > (rules.most_long_side_px or long):
        raise refusing.impossible(f"{preset.title}, takes up to {rules.most_long_side_px} pixels")
    if long * short > 1e6 * (rules.most_megapixels or 64):
        raise refusing.impossible(f"{preset.title}, takes up to {rules.most_megapixels} megapixels")
