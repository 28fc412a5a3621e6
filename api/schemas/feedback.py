"""What somebody thought of a result, and what somebody decides about one that was held."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer, PageQuery, Text
from db.operations.base import Key

Rating = Annotated[int, Field(ge=-1, le=1, description="-1 rejected, 0 neither, 1 accepted.")]
_At = Annotated[int, Field(ge=0, le=2**31 - 1)]
_Side = Annotated[int, Field(ge=1, le=2**31 - 1)]


class _Wish(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class FeedbackIn(_Wish):
    """A rating of a result."""

    result_id: Key
    rating: Rating
    reason: Text | None = None
    region: tuple[_At, _At, _Side, _Side] | None = None
    """Left, top, width, height in the delivered file's pixels: what the reason is about."""
    rater: Text | None = None
    """What you call that person by, opaque to us; their later rating of the result counts."""


class FeedbackOut(Answer):
    id: str
    result_id: str
    rating: Rating
    reason: str | None
    region: list[int] | None
    rater: str | None
    created_at: datetime


class FeedbackQuery(PageQuery):
    result_id: Key | None = None
    rating: Rating | None = None


class ReviewIn(_Wish):
    """What becomes of a result that a gate held back."""

    verdict: Literal["approve", "reject"]
    """approve: it is published; reject: nobody is shown it."""
