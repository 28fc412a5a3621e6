"""What a sales channel wants of a picture: a preset for each, read from presets/*.toml.

A preset says what is known, from whom and since when. Nobody's rules are in the code.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

PresetName = Literal[
    "amazon_main", "google_merchant", "ebay", "shopify", "etsy", "taobao_white", "jd_main"
]
PRESET_NAMES: Final[tuple[PresetName, ...]] = get_args(PresetName)
Confidence = Literal["official", "secondary", "unverified"]
Demand = Literal["required", "advised", "none"]
FileFormat = Literal["jpeg", "png", "webp", "gif", "bmp", "tiff", "heic", "avif"]
Denied = Literal["text", "logo", "watermark", "border", "collage", "generated"]

_FOLDER: Final = Path(__file__).parent / "presets"
_Pixels = Annotated[int, Field(ge=1)]
_Share = Annotated[float, Field(gt=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class GroundRule(_Part):
    """What is behind the product."""

    white: Demand
    """Pure white."""


class PixelRule(_Part):
    """How large the picture is."""

    least_long_side_px: _Pixels | None = None
    best_long_side_px: _Pixels | None = None
    """From here on the channel shows all it can; below it warns."""
    most_long_side_px: _Pixels | None = None
    least_side_px: _Pixels | None = None
    """Of the shorter side."""
    most_megapixels: Annotated[float, Field(gt=0)] | None = None


class FillRule(_Part):
    """How much of the picture the product takes, by its longer side."""

    long_side: Demand
    least: _Share | None = None
    most: _Share | None = None
    whole: Demand = "none"
    """No side of the picture cuts the product."""
    centred: Demand = "none"
    """The product stands in the middle."""


class FileRule(_Part):
    """The file itself."""

    formats: Annotated[tuple[FileFormat, ...], Field(min_length=1)]
    most_bytes: _Pixels
    extension: Demand = "none"
    """The name ends as the format does."""


class Making(_Part):
    """How a picture is written that is made for the channel."""

    format: Literal["jpeg", "png", "webp", "avif"]
    quality: Annotated[int, Field(ge=1, le=100)]
    least_quality: Annotated[int, Field(ge=1, le=100)]
    """As low it may go for a file to be small enough, and no lower."""
    side_px: Annotated[int, Field(ge=16, le=10_000)]
    """Of the square."""
    fill_long_side: _Share


class Preset(_Part):
    """One channel's rules, as of one day."""

    name: PresetName
    title: str
    version: Annotated[int, Field(ge=1)]
    source: str
    """The document that says so, by its name."""
    checked_on: date
    confidence: Confidence
    """official: the channel's own document; secondary: what others tell of it; unverified:
    hearsay, so ask the channel."""
    background: GroundRule
    pixels: PixelRule
    fill: FillRule
    file: FileRule
    denied: tuple[Denied, ...] = ()
    """What may not be in the picture."""
    keeps_label: bool = False
    """A generated picture is taken, so long as it says what it is."""
    make: Making

    @property
    def label(self) -> str:
        """`amazon_main@1`: as results name it."""
        return f"{self.name}@{self.version}"


@cache
def get(name: PresetName) -> Preset:
    """The preset of this name, as this build ships it."""
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return Preset.model_validate(tomllib.load(file))


def shipped() -> tuple[Preset, ...]:
    """All of them."""
    return tuple(get(name) for name in PRESET_NAMES)
