"""What a sales channel wants of a picture: presets that ship (presets/*.toml), and a shop's own.

A preset says what is known, from whom and since when. Nobody's rules are in the code.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

PRESET_NAMES: Final = (
    "amazon_main", "google_merchant", "ebay", "shopify", "etsy", "taobao_white", "jd_main"
)  # fmt: skip
"""Those that ship, which no shop's own may be called."""
PresetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
PresetLabel = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}(@[1-9][0-9]{0,5})?$"),
    Field(
        description="A channel's preset, one that ships or your own: `ebay`, or one version of it, "
        "`mine@2`; see `GET /v1/presets`."
    ),
]
Confidence = Literal["official", "secondary", "unverified"]
Demand = Literal["required", "advised", "none"]
FileFormat = Literal["jpeg", "png", "webp", "gif", "bmp", "tiff", "heic", "avif"]
Denied = Literal["text", "logo", "watermark", "border", "collage", "generated"]

_FOLDER: Final = Path(__file__).parent / "presets"
_Pixels = Annotated[int, Field(ge=1)]
_Share = Annotated[float, Field(gt=0, le=1)]


class PresetNotFound(LookupError):
    """Neither the shop nor this build has such a preset."""


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


class PresetRules(_Part):
    """One channel's rules, as of one day."""

    name: PresetName
    title: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=500)]
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

    @model_validator(mode="after")
    def _of_one_mind(self) -> Self:
        """What is made for the channel is what the channel takes."""
        make, pixels, fill = self.make, self.pixels, self.fill
        least = max(pixels.least_side_px or 0, pixels.least_long_side_px or 0)
        wrong = {
            "make.format is none of file.formats": make.format not in self.file.formats,
            "make.side_px is less than the least side": make.side_px < least,
            "make.side_px is more than the longest side": make.side_px
            > (pixels.most_long_side_px or make.side_px),
            "make.side_px squared is more than the most pixels": make.side_px**2
            > (pixels.most_megapixels or 64) * 1e6,
            "make.fill_long_side is outside fill": not (fill.least or 0)
            <= make.fill_long_side
            <= (fill.most or 1),
            "make.least_quality is above make.quality": make.least_quality > make.quality,
        }
        if found := [sentence for sentence, is_so in wrong.items() if is_so]:
            raise ValueError("; ".join(found))
        return self


class Preset(PresetRules):
    """Rules under a version, which never change."""

    version: Annotated[int, Field(ge=1)]

    @property
    def label(self) -> str:
        """`amazon_main@1`: as results name it."""
        return f"{self.name}@{self.version}"


AnyPreset = PresetLabel | SkipJsonSchema[Preset]
"""As callers name it; a shop's own stands whole in its job, which a new version does not change."""


@cache
def get(name: str) -> Preset:
    """The preset of this name, as this build ships it."""
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return Preset.model_validate(tomllib.load(file))


def shipped() -> tuple[Preset, ...]:
    """All of them."""
    return tuple(get(name) for name in PRESET_NAMES)


def rules(said: str | Preset) -> Preset | None:
    """The preset that is meant; None for a shop's own that nobody has looked up yet."""
    if isinstance(said, Preset):
        return said
    name, _, version = said.partition("@")
    if name not in PRESET_NAMES:
        return None
    found = get(name)
    return found if version in ("", str(found.version)) else None


def settled(said: str | Preset) -> Preset:
    """The preset of a job that was taken in.

    Raises:
        PresetNotFound: a release took away what the job names.
    """
    if (found := rules(said)) is None:
        raise PresetNotFound(f"this build has no preset {said}")
    return found
