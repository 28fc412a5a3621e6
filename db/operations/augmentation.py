"""Varied pictures of one: turned, mirrored, moved, scaled, and in other light."""

from typing import Annotated, Literal

from pydantic import Field

from db.operations.base import Key, Operation, SourceKind
from db.operations.generation import Seed
from db.operations.training import Augment, Jitter


class AugmentPicture(Augment, Operation):
    """Variants of a picture at its own size, each with the transform that it got.

    The ranges mean what they mean in a training. Transparency is carried along; what comes in
    from outside has the border's colour, or is transparent.
    """

    op: Literal["augment"] = "augment"
    source_kind = "enhanced"
    picture: Key
    n: Annotated[int, Field(ge=1, le=16)] = 4
    """How many variants."""
    seed: Seed | None = None

    def delivers(self) -> SourceKind:
        """Moved as it is it stays a photograph; its colours changed it is an enhanced one."""
        return "original" if self.jitter == Jitter() else "enhanced"

    def pixels(self, given: int) -> int:
        return given * (self.n + 1)
