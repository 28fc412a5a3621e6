"""A garment on a person: how it is bent, and what the caller knows of the two pictures."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from db.operations.base import Key, VersionName
from db.operations.seeking import Seeking

PointName = Literal[
    "neck_left", "shoulder_left", "sleeve_left_top", "sleeve_left_bottom", "armpit_left",
    "hem_left", "hem_right", "armpit_right", "sleeve_right_bottom", "sleeve_right_top",
    "shoulder_right", "neck_right",
]  # fmt: skip
Coordinate = Annotated[float, Field(ge=-100_000, le=100_000)]
Points = Annotated[
    Mapping[PointName, tuple[Coordinate, Coordinate]], Field(min_length=3, max_length=12)
]

LEAST = {"affine": 3, "tps": 4}
_MOST_PIXELS = 64_000_000


class TryOn(Seeking):
    """A garment on a person: its own pixels, bent by landmarks, in the light of the old clothes.

    For garments of the upper body, seen from the front. Left is the viewer's left. What is not
    given is found, where it can be told: else the job fails and says what to send. No network
    draws anything, so what the garment does not cover stays exactly, and the result is labelled
    `enhanced`. The warp is kept in the result's `details.warp`.
    """

    op: Literal["try_on"] = "try_on"
    source_kind = "enhanced"
    picture: Key
    """The person. Pictures of persons are kept for a short time, and enter a dataset only by
    consent."""
    garment: Key
    """The garment, lying flat or as on an invisible mannequin; best cut out."""
    method: Literal["affine", "tps", "model"] = "tps"
    """Moved, turned, sheared and stretched as a whole, or bent as a thin plate, by landmarks; or
    bent as a network tells it, which is said no landmarks."""
    version: VersionName | None = None
    """Of `model` the version that tells the warp, and the `matte` is the one that is serving; else
    of the network that finds. Left out: the one that is serving."""
    shading: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """How much of the slow light and shade on the old clothes the garment is given; 0 is none."""
    body_points: Points | None = None
    """Where the garment's landmarks go, in pixels from the picture's upper left corner. Left out:
    they are found by the outline of the clothes."""
    garment_points: Points | None = None
    """The same landmarks of the garment's picture. Left out: found by its outline."""
    clothes_mask: Key | None = None
    """White where the clothes are whose place the garment takes: it is drawn nowhere else. Left
    out, and no points of the body given: found by the colours of the chest."""
    front_mask: Key | None = None
    """White where hair, hands or a bag are before the garment."""
    garment_mask: Key | None = None
    """White where the garment is in its picture."""

    @model_validator(mode="after")
    def _has_enough(self) -> Self:
        if self.method == "model":
            return self._told()
        if self.body_points is None or self.garment_points is None:
            return self
        shared = len(self.body_points.keys() & self.garment_points.keys())
        if shared < LEAST[self.method]:
            raise ValueError(
                f"{self.method} needs {LEAST[self.method]} landmarks that both pictures have: "
                f"these have {shared}"
            )
        return self

    def _told(self) -> Self:
        if self.body_points is not None or self.garment_points is not None:
            raise ValueError("points mean nothing to model: its network tells where all of it goes")
        return self

    def needs(self) -> dict[str, str | None]:
        if self.method != "model":
            return super().needs()
        finds: dict[str, str | None] = {"matte": None} if self.engine == "network" else {}
        return finds | {"warp": self.version}

    def pictures(self) -> dict[str, str]:
        roles = ("garment", "clothes_mask", "front_mask", "garment_mask")
        named: dict[str, Any] = {role: vars(self)[role] for role in roles}
        mine = {role: key for role, key in named.items() if isinstance(key, str)}
        return super().pictures() | mine

    def pixels(self, given: int) -> int:
        """The garment is carried on to a canvas of the picture's size, twice."""
        return max(given, min(2 * given, _MOST_PIXELS))
