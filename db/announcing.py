"""A row for bytes before there are bytes: what many threads announce at once is one transaction."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy.orm import Session

from db import clock
from db.engine import transaction
from db.portable import insert_of
from db.tables.pictures import Blob
from db.together import Together, gather

GATHERS_S: Final = 0.1
"""The longest that a row waits for others, where that pays."""

MOST_IN_A_GROUP: Final = 1_000

_Row = dict[str, Any]


def announce(tenant: str, sha256: str, *, size: int) -> None:
    """Say that these bytes are about to be put; returns when that is committed."""
    _together.ask({"tenant": tenant, "sha256": sha256, "bytes": size})


def wait_for(company: Callable[[], int]) -> None:
    """From now on in this process, whoever writes waits a little for as many as this says."""
    global _company
    _company = company


def _gather() -> None:
    gather(_together.waiting, _company(), within_s=GATHERS_S)


def _write(rows: Sequence[_Row]) -> list[None]:
    with transaction() as session:
        _upsert(session, rows)
    return [None] * len(rows)


def _upsert(session: Session, rows: Sequence[_Row]) -> None:
    # Each once, in the order in which everybody locks.
    by_key = {(row["tenant"], row["sha256"]): row for row in rows}
    ordered = [by_key[key] for key in sorted(by_key)]
    session.connection().execute(_statement(session.get_bind().dialect.name), ordered)


@cache
def _statement(dialect: str) -> Any:
    now = {"last_put_at": clock.now(), "needed_at": None}
    keys = [column.name for column in Blob.__table__.primary_key]
    return insert_of(dialect, Blob).values(now).on_conflict_do_update(index_elements=keys, set_=now)


_company: Callable[[], int] = lambda: 1  # noqa: E731 — an annotated name, set by `wait_for`
_together: Together[_Row, None] = Together(_write, before=_gather, most=MOST_IN_A_GROUP)
