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
