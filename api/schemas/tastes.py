"""What a shopper or segment liked, and what to show them first, as callers say and see it."""

from datetime import datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from api.schemas.base import Answer, PageQuery, Query, Text
from db.operations.base import Key, VersionName


def _one_of_two(liked: int) -> int:
    # A Literal would take true for 1.
    if liked not in (-1, 1):
        raise ValueError("expected 1 or -1")
    return liked


# Neither an at sign, nor a dot, nor a space: no address and no name of a person fits.
_Opaque = StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
Shopper = Annotated[
    str, _Opaque, Field(description="What you call one person: opaque, never an address or name.")
]
Segment = Annotated[str, _Opaque, Field(description="Whom you count that person among.")]

Liked = Annotated[
    int,
    Field(description="1 liked, -1 disliked.", json_schema_extra={"enum": [-1, 1]}),
    AfterValidator(_one_of_two),
]


class TasteIn(BaseModel):
    """What a shopper, or somebody of a segment, thought of a picture or result."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )
    picture: Key
    """Of a picture or of a result."""
    liked: Liked
    segment: Segment | None = None
    shopper: Shopper | None = None
    """One of the two is needed. Of one shopper the later opinion of a picture counts."""

    @model_validator(mode="after")
    def _somebody_s(self) -> "TasteIn":
        if self.segment is None and self.shopper is None:
            raise ValueError("name a segment, a shopper, or both")
        return self


class TasteOut(Answer):
    id: str
    picture: str
    liked: int
    segment: str | None
    shopper: str | None
    created_at: datetime


class TastesQuery(PageQuery):
    segment: Segment | None = None
    shopper: Shopper | None = None


class ForgetQuery(Query):
    shopper: Shopper


class RankingQuery(Query):
    sku: Text
    """Of which product the results are put in order."""
    segment: Segment | None = None
    shopper: Shopper | None = None
    """Name a segment, a shopper, or both."""
    version: VersionName | None = None
    """Of the classifier whose vectors are compared. Left out: what serves."""


class RankedOut(Answer):
    """A result, and what is expected of it."""

    id: str
    expected: float
    """The opinion to expect: about 1 liked, about -1 disliked, 0 where nothing is known."""
    deviation: float
    """How sure that is: one standard deviation."""


class OpinionsOut(Answer):
    """How many opinions were counted."""

    segment: int
    shopper: int


class RankingOut(Answer):
    """A product's results in the order in which to show them."""

    version: str
    sku: str
    segment: str | None
    shopper: str | None
    opinions: OpinionsOut
    items: list[RankedOut]
    not_embedded: list[str]
    """Results that the version has not seen: place the operation `embed`, and they take part."""
