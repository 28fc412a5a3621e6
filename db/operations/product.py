"""Working on the product in a picture: cut it out, put it on a ground, place it, recolour it."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from db.operations.base import HexColour, Key, Operation, Rgb, SourceKind
from db.operations.belonging import refuse_foreign
from db.operations.generation import Seed
from db.operations.seeking import Seeking

Box = tuple[
    Annotated[int, Field(ge=0)],
    Annotated[int, Field(ge=0)],
    Annotated[int, Field(ge=1)],
    Annotated[int, Field(ge=1)],
]
Anchor = Literal[
    "center", "top", "bottom", "left", "right", "top_left", "top_right", "bottom_left",
    "bottom_right",
]  # fmt: skip
WHITE: Rgb = (255, 255, 255)

_OF_GROUNDS: Final = {
    "rgb": ("solid", "studio"),
    "palette": ("gradient", "generated"),
    "angle_deg": ("gradient",),
    "horizon": ("studio",),
    "light": ("studio",),
    "blur_px": ("blur",),
    "plate": ("picture",),
    "seed": ("generated",),
    "n": ("generated",),
}
"""Which grounds a parameter belongs to; the others would leave it unread."""


class Cutout(Seeking):
    """The product alone, on a transparent ground."""

    op: Literal["cutout"] = "cutout"
    picture: Key
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """From which opacity a pixel counts as product."""
    feather_px: Annotated[int, Field(ge=0, le=20)] = 1
    """Softness of the edge."""
    box: Box | None = None
    """Left, top, right and bottom around the product, in pixels."""
    decontaminate: bool = True
    """Take the old background's colour out of the edge."""


class Background(Seeking):
    """The product on a new ground; its own pixels are pasted back.

    Before any ground but one colour it is labelled `enhanced`, before one that is generated, or a
    picture that says of itself that a network drew it, `composite`.
    """

    op: Literal["background"] = "background"
    picture: Key
    kind: Literal["solid", "gradient", "studio", "blur", "picture", "generated"] = "solid"
    """One colour, a run of colours, a studio's sweep of paper under a light, the picture's own
    ground out of focus and without the product, another picture, or a painted backdrop that is
    drawn from the seed."""
    rgb: Rgb = WHITE
    """Of `solid` and `studio`: the ground's colour; a studio's where it is lit best."""
    palette: Annotated[tuple[Rgb, ...], Field(min_length=2, max_length=3)] | None = None
    """Of `gradient`, which needs it: its colours, from first to last; of `generated`: its colours
    from dark clouds to light ones. Left out: the seed chooses quiet ones."""
    angle_deg: Annotated[float, Field(ge=-180.0, le=180.0)] = 90.0
    """Of `gradient`: the way it runs, 0 to the right, 90 down."""
    horizon: Annotated[float, Field(ge=0.05, le=0.95)] | None = None
    """Of `studio`: how far down the floor begins, as a share of the height. Left out: a little
    behind the product's foot."""
    light: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """Of `studio`: how much its light falls off; 0 is even."""
    blur_px: Annotated[float, Field(ge=1.0, le=400.0)] | None = None
    """Of `blur`: how far out of focus. Left out: a fortieth of the longer side."""
    plate: Key | None = None
    """Of `picture`, which needs it: the picture that becomes the ground; it covers all and is cut
    at its sides."""
    mask: Key | None = None
    """Where the product is, if you know better."""
    seed: Seed | None = None
    """Of `generated`: one seed draws one backdrop, at every size."""
    n: Annotated[int, Field(ge=1, le=8)] = 1
    """Of `generated`: how many pictures, on the backdrops of the seed and of those behind it."""

    @field_validator(*_OF_GROUNDS)
    @classmethod
    def _belongs(cls, value: Any, info: ValidationInfo) -> Any:
        return refuse_foreign(cls, value, info, of=_OF_GROUNDS)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind == "gradient" and self.palette is None:
            raise ValueError("a gradient runs from colour to colour: give it a palette")
        if self.kind == "picture" and self.plate is None:
            raise ValueError("another picture is the ground: name it as plate")
        return self

    def pixels(self, given: int) -> int:
        return given * self.n

    def delivers(self) -> SourceKind:
        """Before one colour it is the photograph still; before what was made for it, no more."""
        match self.kind:
            case "solid":
                return "original"
            case "generated":
                return "composite"
            case "gradient" | "studio" | "blur" | "picture":
                return "enhanced"


class Place(Seeking):
    """The product at a size and place on a canvas."""

    op: Literal["place"] = "place"
    picture: Key
    width: Annotated[int, Field(ge=16, le=10_000)] = 1000
    """Of the canvas, in pixels."""
    height: Annotated[int, Field(ge=16, le=10_000)] = 1000
    """Of the canvas, in pixels."""
    fill_long_side: Annotated[float, Field(ge=0.1, le=1.0)] = 0.85
    """Share of the canvas that the product's longer side takes."""
    anchor: Anchor = "center"
    """To which side or corner of the canvas the product goes."""
    margin_px: Annotated[int, Field(ge=0, le=2_000)] = 0
    """Least distance from the canvas's sides."""
    rgb: Rgb = WHITE
    """The canvas's colour."""
    mask: Key | None = None
    """Where the product is, if you know better."""

    def pixels(self, given: int) -> int:
        return max(given, self.width * self.height)


class Recolor(Operation):
    """Another colour for the product; all else, transparency too, stays exactly as it was."""

    op: Literal["recolor"] = "recolor"
    source_kind = "enhanced"
    picture: Key
    to_hex: HexColour
    from_hex: HexColour | None = None
    """Only what is near this colour. Left out: the whole product."""
    mask: Key | None = None
    """Where the colour may change."""
    keep_luminance: bool = True
    """Keep light and shade as they are."""
    strength: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    """0 leaves the colour as it is."""
