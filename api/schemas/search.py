"""What is like a picture, as callers ask for it and see it."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Answer, Query
from db.operations.base import Key, VersionName


class SearchQuery(Query):
    picture: Key | None = None
    """One of yours that `embed` has seen, by the id of a picture or result."""
    result: Key | None = None
    k: Annotated[int, Field(ge=1, le=100)] = 10
    """How many, the most alike first; fewer where fewer are known."""
    version: VersionName | None = None
    """Of the classifier whose vectors are compared. Left out: what serves."""


class UnseenQuery(Query):
    version: VersionName | None = None
    """Of the classifier. Left out: what serves."""
    after: Key | None = None
    """The last id of the page before."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000


class UnseenOut(Answer):
    """What a version has no vector of, by id."""

    version: str
    ids: list[str]


class AlikeOut(Answer):
    """Something that is like it."""

    id: str
    kind: Literal["picture", "result"]
    similarity: float
    """The cosine of both vectors, 1 for the same; of its mirror image if that is more alike."""


class SearchOut(Answer):
    version: str
    """The label of the classifier."""
    space: str
    """How the vectors were made."""
    compared: int
    """How many there were to find."""
    found: list[AlikeOut]
