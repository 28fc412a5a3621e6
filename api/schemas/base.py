"""What every answer shares."""

from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from db.operations.union import OPERATIONS

Item = TypeVar("Item", bound=BaseModel)


class Answer(BaseModel):
    """Read from a row, or made by name."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, extra="forbid", use_attribute_docstrings=True
    )


class Page(Answer, Generic[Item]):
    """Some of many."""

    items: list[Item]
    next_cursor: str | None = None
    """Give it as `cursor` for the next page; null on the last."""


class Query(BaseModel):
    """Parameters behind a question mark; one that nobody reads is refused, not passed over."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class PageQuery(Query):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=200)] = None


def _known(op: str) -> str:
    if op not in OPERATIONS:
        raise ValueError(f"expected one of {', '.join(OPERATIONS)}")
    return op


OperationName = Annotated[str, AfterValidator(_known)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
