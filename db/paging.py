"""Pages by key: newest first, older than the last row that was seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

Found = TypeVar("Found")
After = tuple[datetime, str]
"""When the last row that was seen was made, and its name."""


def newest(
    session: Session,
    rows: Select[Found],
    by: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    *,
    limit: int,
    after: After | None,
) -> Sequence[Found]:
    """At most `limit` of these rows, by when they were made and by name, older than `after`."""
    key: tuple[Any, ...] = by
    older = rows if after is None else rows.where(tuple_(*key) < after)
    return session.scalars(older.order_by(*(column.desc() for column in by)).limit(limit)).all()
