"""Which index a question goes by, where a database would choose one that grows with the history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

Asked = tuple[InstrumentedAttribute[Any], str | None]
"""A text column that has an index, and what it must be; None leaves the question open."""


def beside(column: InstrumentedAttribute[Any], value: str) -> ColumnElement[bool]:
    """That a text column has this value, looked up in no index: another condition finds fewer."""
    return column.concat("") == value


def by_the_first(asked: Sequence[Asked]) -> list[ColumnElement[bool]]:
    """All that is asked, by the index of the first: of several the one that finds the fewest."""
    given = [(column, value) for column, value in asked if value is not None]
    first = [column == value for column, value in given[:1]]
    return [*first, *(beside(column, value) for column, value in given[1:])]
