"""Pages by key: a cursor is the (created_at, id) of the last row seen, and opaque to callers."""

import base64
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from api.errors import Problem

# Rows are named by UUIDs, keys and tenants by words; a database compares any of them.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


_HIGHEST = 999_999_999


class Dated(Protocol):
    """A row that pages are made of."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Dated)
After = tuple[datetime, str]


def after(cursor: str | None) -> After | None:
    """What a cursor stands for.

    Raises:
        Problem: `invalid_cursor`.
    """
    if cursor is None:
        return None
    try:
        moment, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        created_at = datetime.fromisoformat(moment)
        # None for a time without its zone: it would be read as this machine's.
        in_utc = created_at.astimezone(UTC) if created_at.tzinfo else None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _forged() from error
    if in_utc is None or not isinstance(row_id, str) or not _ID.fullmatch(row_id):
        raise _forged()
    return in_utc, row_id


def number(cursor: str | None) -> int:
    """What a cursor stands for where rows are counted: the number of the last one seen.

    Raises:
        Problem: `invalid_cursor`.
    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdecimal():
        raise _forged()
    return min(int(cursor), _HIGHEST)


def cut(rows: Sequence[Item], limit: int) -> tuple[Sequence[Item], str | None]:
    """One row more than the page holds tells that there is another page."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    named = json.dumps([last.created_at.isoformat(), last.id]).encode()
    return rows[:limit], base64.urlsafe_b64encode(named).decode()


def _forged() -> Problem:
    return Problem("invalid_cursor", "take next_cursor as it came, or begin without one")
