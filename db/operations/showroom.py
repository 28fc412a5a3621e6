"""A product to walk around: pictures from all sides as one sheet that a page turns."""

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from db.operations.base import Key, Rgb, SourceKind
from db.operations.product import WHITE
from db.operations.seeking import Seeking

MOST_VIEWS = 72
_LARGEST_VIEW = 64_000_000
_NEARLY = 1.5

Angle = Annotated[float, Field(ge=-360.0, le=360.0)]


class Spin(Seeking):
    """One sheet of small pictures of a product, as it is seen from side after side.

    In all frames the product stands on one line, in the middle. `product_psnr_db` and its like are
    of the worst frame; `scores.frames` has those of each, `scores.details` what a viewer needs:
    the frames' size, places and angles, and where the pixels of each picture went.
    """

    op: Literal["spin"] = "spin"
    source_kind = "enhanced"
    timeout_s = 1800.0
    views: Annotated[tuple[Key, ...], Field(min_length=2, max_length=MOST_VIEWS)]
    """The pictures, in the order in which they are to be turned through."""
    angles_deg: Annotated[tuple[Angle, ...], Field(min_length=2, max_length=MOST_VIEWS)] | None = (
        None
    )
    """From where each was taken, each larger than the one before. Left out: evenly all around."""
    frame_width: Annotated[int, Field(ge=32, le=2_000)] = 480
    """Of each picture in the sheet, in pixels."""
    frame_height: Annotated[int, Field(ge=32, le=2_000)] = 480
    """Of each picture in the sheet, in pixels."""
    columns: Annotated[int, Field(ge=1, le=MOST_VIEWS)] | None = None
    """Frames beside each other, no more than there are. Left out: so many that the sheet is about a
    square."""
    sizing: Literal["common", "height"] = "common"
    """One scale for all pictures, as where neither camera nor lens moved; or each as high as the
    others, where they did."""
    fill: Annotated[float, Field(ge=0.1, le=1.0)] = 0.85
    """Share of the frame that the product fills where it is widest or highest."""
    rgb: Rgb = WHITE
    """The ground's colour."""
    opacity: Annotated[float, Field(ge=0.0, le=1.0)] = 0.6
    """Of the shadow where the product touches the ground; 0 is none."""

    @field_validator("angles_deg")
    @classmethod
    def _go_around(
        cls, angles: tuple[float, ...] | None, info: ValidationInfo
    ) -> tuple[float, ...] | None:
        """One for each view, always further, and never around twice."""
        views = info.data.get("views")  # nothing, where they are wrong themselves
        if angles is None or views is None:
            return angles
        if len(angles) != len(views):
            raise ValueError(f"{len(angles)} angles for {len(views)} views")
        if any(after <= before for before, after in pairwise(angles)):
            raise ValueError("each angle is larger than the one before")
        if angles[-1] - angles[0] >= 360:
            raise ValueError("from the first angle to the last is less than a whole turn")
        return angles

    def angles(self) -> tuple[float, ...]:
        """From where each view was taken, in degrees."""
        count = len(self.views)
        return self.angles_deg or tuple(round(360 * n / count, 4) for n in range(count))

    def is_whole_turn(self) -> bool:
        """Whether the first view comes after the last: the gap there is a step like the others."""
        angles = self.angles()
        widest = max(after - before for before, after in pairwise(angles))
        return 360 - (angles[-1] - angles[0]) <= _NEARLY * widest

    def across(self) -> int:
        """Columns of the sheet."""
        area = len(self.views) * self.frame_width * self.frame_height
        square = math.ceil(math.sqrt(area) / self.frame_width)
        return min(self.columns or square, len(self.views))

    def size(self) -> tuple[int, int]:
        """Width and height of the sheet."""
        columns = self.across()
        return columns * self.frame_width, -(-len(self.views) // columns) * self.frame_height

    def pictures(self) -> dict[str, str]:
        return {f"views.{number}": key for number, key in enumerate(self.views)}

    def pixels(self, given: int) -> int:
        """One view is open at a time."""
        width, height = self.size()
        return min(given, _LARGEST_VIEW) + width * height

    def delivers(self) -> SourceKind:
        """Without a shadow it is the photographs still, before one colour."""
        return "original" if self.opacity == 0 else self.source_kind
