"""How a product looks in its picture: the shadow it throws, and the light and colours around it."""

from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from db.operations.base import Key, Operation, VersionName
from db.operations.belonging import refuse_foreign
from db.operations.seeking import Seeking

_Style = Literal["woodcut", "ink_wash", "halftone", "mosaic", "marble"]
StyleName = Annotated[_Style, Field(description="Of a style that ships.")]
STYLES: Final[tuple[str, ...]] = get_args(_Style)
Region = Literal["whole", "product", "ground"]

_OF_SHADOWS: Final = {"angle_deg": ("drop",)}
_OF_REGIONS: Final = {"mask": ("product", "ground")}
_OF_METHODS: Final = {"version": ("adain",)}


class Shadow(Seeking):
    """A shadow or reflection of the product on the ground it is on; its own pixels stay."""

    op: Literal["shadow"] = "shadow"
    source_kind = "enhanced"
    picture: Key
    kind: Literal["contact", "drop", "reflection"] = "contact"
    """Where it touches the ground, of its outline as on a wall or table behind it, or as in a
    glossy ground."""
    angle_deg: Annotated[float, Field(ge=-180.0, le=180.0)] = 45.0
    """Of `drop`: to where it falls, 0 to the right, 90 down, 180 to the left."""
    length: Annotated[float, Field(gt=0.0, le=2.0)] | None = None
    """How far it reaches, as a share of the product's height. Left out: 0.08 of a contact, 0.05 of
    a drop, 0.4 of a reflection."""
    blur_px: Annotated[float, Field(ge=0.0, le=400.0)] | None = None
    """Softness. Left out: 0.02 or 0.03 of the product's height; a reflection is crisp."""
    opacity: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    """0 leaves the picture as it is. Left out: 0.6 of a contact, 0.35 of a drop, 0.3 of a
    reflection."""
    mask: Key | None = None
    """Where the product is, if you know better."""

    @field_validator(*_OF_SHADOWS)
    @classmethod
    def _belongs(cls, value: Any, info: ValidationInfo) -> Any:
        return refuse_foreign(cls, value, info, of=_OF_SHADOWS)


class Relight(Operation):
    """Another light: by itself, by hand, or that of another picture; transparency stays."""

    op: Literal["relight"] = "relight"
    source_kind = "enhanced"
    picture: Key
    auto: bool | None = None
    """Take out a cast of what is nearly grey, and make the lightest light. Left out: only if
    nothing else is asked for."""
    exposure_ev: Annotated[float, Field(ge=-2.0, le=2.0)] = 0.0
    """Brighter by so many stops; what would be too bright rolls off."""
    temperature: Annotated[float, Field(ge=-50.0, le=50.0)] = 0.0
    """Warmer by so many mired; below 0 cooler."""
    contrast: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.0
    """How much the middle is steepened or flattened; black and white stay."""
    target: Key | None = None
    """A picture whose light it is to have."""

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if self.auto and self.target is not None:
            raise ValueError("by itself, or as in the target: not both")
        return self

    @property
    def is_automatic(self) -> bool:
        """Whether it was asked to, or to do nothing else."""
        asked = (self.exposure_ev, self.temperature, self.contrast, self.target)
        return asked == (0.0, 0.0, 0.0, None) if self.auto is None else self.auto


class MatchColor(Operation):
    """The colours of another picture: their mean and spread.

    `delta_e_before` and `delta_e_after` in its report tell how far all colours lie apart as wholes.
    """

    op: Literal["match_color"] = "match_color"
    source_kind = "enhanced"
    picture: Key
    target: Key
    """The picture whose colours it is to have."""
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """0 leaves the colours as they are."""
    region: Region = "whole"
    """What changes; the rest stays exactly."""
    target_region: Region | None = None
    """What of the target is the example. Left out: the same part of it."""
    mask: Key | None = None
    """Of `product` and `ground`: where the product is, if you know better."""

    @field_validator(*_OF_REGIONS)
    @classmethod
    def _belongs(cls, value: Any, info: ValidationInfo) -> Any:
        return refuse_foreign(cls, value, info, of=_OF_REGIONS, by="region")


class Stylize(Operation):
    """The colours or the look of a style's picture; what is shown stays where it is.

    Scored by `content_ssim`, of the light of result and source, and `style_distance`, how far the
    colours that could change are from the style's as wholes.
    """

    op: Literal["stylize"] = "stylize"
    source_kind = "enhanced"
    picture: Key
    style: Key | StyleName
    """The picture whose colours or look it is to have: its id, or the name of one that ships."""
    method: Literal["color", "adain"] = "color"
    """By its colours alone, lights and shades each for itself, or by a network's features: its
    colours, contrasts and grain."""
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """0 leaves the picture as it is."""
    protect_product: bool = True
    """Change the ground only; the product's pixels stay exactly."""
    mask: Key | None = None
    """Where the product is that is protected, if you know better."""
    version: VersionName | None = None
    """Of `adain`: id or label of the version. Left out: the one that is serving."""

    def needs(self) -> dict[str, str | None]:
        return {"style": self.version} if self.method == "adain" else {}

    def pictures(self) -> dict[str, str]:
        """A style with a name is no picture of the caller's."""
        named = super().pictures()
        return {role: key for role, key in named.items() if key not in STYLES}

    @field_validator(*_OF_METHODS)
    @classmethod
    def _belongs(cls, value: Any, info: ValidationInfo) -> Any:
        return refuse_foreign(cls, value, info, of=_OF_METHODS, by="method")

    @model_validator(mode="after")
    def _masks_something(self) -> Self:
        if self.mask is not None and not self.protect_product:
            raise ValueError("a mask says where the product is that is protected: here it is not")
        return self
