"""Working on the product in a picture: cut it out, put it on a ground, place it, recolour it."""

from typing import Annotated, Literal

from pydantic import Field

from db.operations.base import HexColour, Key, Operation, Rgb

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


class Cutout(Operation):
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


class Background(Operation):
    """The product on a new ground; its own pixels are pasted back."""

    op: Literal["background"] = "background"
    picture: Key
    kind: Literal["solid"] = "solid"
    """What the ground is made of."""
    rgb: Rgb = WHITE
    """The ground's colour."""
    mask: Key | None = None
    """Where the product is, if you know better."""


class Place(Operation):
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
    """Another colour for the product; everything else stays exactly as it was."""

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
