"""Asking what a picture shows, and which others are like it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from db.operations.base import Key, NetworkName, Operation, Outcome, VersionName


class _Recognition(Operation):
    networks: ClassVar[tuple[NetworkName, ...]] = ("classifier",)
    outcome: ClassVar[Outcome] = "report"
    picture: Key
    version: VersionName | None = None

    def needs(self) -> dict[str, str | None]:
        return {"classifier": self.version}


class Classify(_Recognition):
    """What kind of product a picture shows: the likeliest categories, with their probabilities.

    The answer is the job's report, no picture. The probabilities are calibrated: of what is said
    to be likely at 90 %, 90 % is right. How far they are off is told with them, as the version's
    card has it, of pictures that it did not learn from.
    """

    op: Literal["classify"] = "classify"
    top_k: Annotated[int, Field(ge=1, le=100)] = 5
    """How many categories, the likeliest first; fewer where the version knows fewer."""


class Embed(_Recognition):
    """A picture as a vector, kept so that `search` finds it; the report tells of which length.

    It goes when the picture goes. Vectors of two versions cannot be compared.
    """

    op: Literal["embed"] = "embed"


class Search(_Recognition):
    """Your pictures and results that are most like a picture, of those that `embed` has seen.

    A copy that was saved again, made smaller, cropped a little or given other colours comes first.
    The picture itself is never among what is found, and is not kept for other searches.
    """

    op: Literal["search"] = "search"
    k: Annotated[int, Field(ge=1, le=100)] = 10
    """How many, the most alike first; fewer where fewer are known."""
