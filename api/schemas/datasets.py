"""A dataset, as callers send and see it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.base import Answer
from db.blobs import SHIPPED
from db.operations.base import Key
from db.tables.versions import Dataset

MOST_PICTURES = 10_000


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class DatasetPicture(_Part):
    picture: Key
    category: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class DatasetIn(_Part):
    """Pictures to learn from; once registered they stay as they are."""

    name: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    ]
    licence: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    pictures: Annotated[list[DatasetPicture], Field(min_length=1, max_length=MOST_PICTURES)]


class DatasetOut(Answer):
    id: str
    name: str
    kind: str
    pictures: int
    categories: list[str]
    erased: int
    """How many pictures were erased from it since it was registered."""
    licence: str | None
    shipped: bool
    """Whether it came with Packshot."""
    created_at: datetime


class DatasetsOut(Answer):
    items: list[DatasetOut]


def dataset_out(row: Dataset) -> DatasetOut:
    return DatasetOut(
        id=row.id,
        name=row.name,
        kind=row.kind,
        pictures=row.pictures,
        categories=row.categories,
        erased=row.erased or 0,
        licence=row.licence,
        shipped=row.tenant == SHIPPED,
        created_at=row.created_at,
    )
