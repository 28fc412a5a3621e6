"""A dataset, as callers send and see it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.base import Answer
from db import dataset_reports
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
    """A picture, or a result."""
    category: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"\S")]
    product: (
        Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"\S")] | None
    ) = None
    """Which product it shows: pictures of one are never on both sides of the split. Left out: the
    sku of a result, else each picture is a product of its own."""
    consent: bool = False
    """The person in the picture agreed that networks learn from it. A picture that something was
    tried on in, and what was made from one, enters only so."""


class DatasetIn(_Part):
    """Pictures to learn from; once registered they stay as they are."""

    name: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    ]
    """Other pictures under a name that is taken are its next version."""
    licence: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """What may be done with the pictures, and by whose consent."""
    pictures: Annotated[list[DatasetPicture], Field(min_length=1, max_length=MOST_PICTURES)]
    include_generated: bool = False
    """Learn also from results that no camera saw."""


class DatasetSummary(Answer):
    """A dataset in a list."""

    id: str
    name: str
    version: int
    """`name@version` names it; the name alone means the newest."""
    kind: str
    pictures: int
    categories: list[str]
    erased: int
    """How many pictures were erased from it since it was registered."""
    licence: str | None
    shipped: bool
    """Whether it came with Packshot."""
    created_at: datetime


class DoubleOut(Answer):
    picture: str
    like: str | None
    """The picture of the dataset that it is like, where that is why."""


class LeftOutOut(Answer):
    """Why pictures were left out."""

    reason: str
    detail: str
    count: int
    pictures: list[DoubleOut]
    """The first hundred of them."""


class CategoryOut(Answer):
    """How many pictures of a category are learned from, and held out."""

    name: str
    products: int
    train: int
    validation: int


class LessonOut(Answer):
    """Whether a network can be trained on it."""

    network: str
    trains: bool
    why_not: str | None


class DatasetReportOut(Answer):
    """What became of the pictures that were named, and what they are good for."""

    asked: int
    taken: int
    persons: int
    """Pictures of persons in it now, each by that person's consent."""
    left_out: list[LeftOutOut]
    products: int
    categories: list[CategoryOut]
    """Empty for what ships with us."""
    empty_categories: list[str]
    """Named, and nothing was left of them: they are no categories of the dataset."""
    trains: list[LessonOut]


class DatasetOut(DatasetSummary):
    """A dataset with its report."""

    report: DatasetReportOut


class DatasetsOut(Answer):
    items: list[DatasetSummary]


def dataset_summary(row: Dataset) -> DatasetSummary:
    return DatasetSummary.model_validate(_fields(row))


def dataset_out(row: Dataset) -> DatasetOut:
    report = DatasetReportOut.model_validate(dataset_reports.of(row))
    return DatasetOut(**_fields(row), report=report)


def _fields(row: Dataset) -> dict[str, object]:
    told_otherwise = {"erased": row.erased or 0, "shipped": row.tenant == SHIPPED}
    same = (name for name in DatasetSummary.model_fields if name not in told_otherwise)
    return {**{name: getattr(row, name) for name in same}, **told_otherwise}
