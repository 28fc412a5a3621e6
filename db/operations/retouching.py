"""Changing what a picture shows: something less in it, or more around it."""

from typing import Annotated, Literal

from pydantic import Field

from db.operations.base import Key, Operation, SourceKind, VersionName

_LONGEST_SIDE_PX = 12_000
_MOST_PIXELS = 64_000_000
Pixels = Annotated[int, Field(ge=0, le=4_000)]


class Inpaint(Operation):
    """Take away what a mask covers; everything else stays exactly as it was."""

    op: Literal["inpaint"] = "inpaint"
    source_kind = "enhanced"
    picture: Key
    mask: Key
    """White where something is to go; as large as the picture."""
    dilate_px: Annotated[int, Field(ge=0, le=64)] = 4
    """How far beyond the mask everything is replaced: a rim or a shadow that it misses."""
    feather_px: Annotated[int, Field(ge=0, le=32)] = 2
    """How far beyond that the new runs out into the old."""
    engine: Literal["network", "classical"] = "classical"
    """A network that draws texture, or colours that run in smoothly from around the hole."""
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"inpainter": self.version} if self.engine == "network" else {}

    def delivers(self) -> SourceKind:
        """What a network draws into a photograph was never before a camera."""
        return "composite" if self.engine == "network" else self.source_kind


class Outpaint(Operation):
    """More canvas around a picture, drawn on from its edges; the picture itself stays as it was."""

    op: Literal["outpaint"] = "outpaint"
    source_kind = "enhanced"
    picture: Key
    left: Pixels = 0
    """How many pixels to add at the left."""
    right: Pixels = 0
    """At the right."""
    top: Pixels = 0
    """Above."""
    bottom: Pixels = 0
    """Below."""
    fill: Literal["smooth", "mirror"] = "smooth"
    """Colours that run out of the edges, or the picture mirrored at them."""

    def after(self, width: int, height: int) -> tuple[int, int]:
        """How large a picture of this size becomes."""
        return width + self.left + self.right, height + self.top + self.bottom

    def pixels(self, given: int) -> int:
        wider, higher = self.after(0, 0)
        most = given + (wider + higher) * _LONGEST_SIDE_PX + wider * higher
        return max(given, min(most, _MOST_PIXELS))
