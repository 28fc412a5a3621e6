"""Tables as full as those of a shop of some years, written by the database itself."""

import json
from typing import Any, Final

from sqlalchemy import Integer, String, case, cast, func, insert, literal, select, text
from sqlalchemy.orm import Session

from db import clock, engine, jobs
from db.engine import transaction
from db.operations.order import parse
from db.tables.jobs import FAILED, QUEUED, SUCCEEDED, Job

TENANT: Final = "shop"
OTHERS: Final = tuple(f"shop-{number}" for number in range(9))
# One job in so many has failed, one is another shop's.
_ONE_IN_FAILED: Final = 101
_ONE_IN_OTHERS: Final = 10
_NOWHERE: Final = "0190a0b0-0000-7000-8000-000000000000"


def fill(rows: int, *, queued: int) -> None:
    """So many jobs, one a second until now; the newest are still queued."""
    with transaction() as session:
        patient(session)
        pattern = _pattern(session)
        series = _series(rows)
        values = _values(session, series.c.n, rows, queued)
        columns = [column for column in Job.__table__.columns if column.name != "id"]
        given = [
            values.get(column.name, literal(pattern[column.name], column.type))
            for column in columns
        ]
        names = ["id", *(column.name for column in columns)]
        session.execute(insert(Job).from_select(names, select(values["id"], *given)))
    tidy()


def patient(session: Session) -> None:
    """This transaction may take as long as it does, on a busy machine too."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))


def _pattern(session: Session) -> dict[str, Any]:
    """What the engine itself writes for an order; it is taken away again."""
    order = parse(json.dumps({"operation": {"op": "upscale", "picture": _NOWHERE}}).encode())
    savepoint = session.begin_nested()
    job = jobs.create(session, TENANT, order).job
    session.flush()
    session.refresh(job)
    pattern = {column.name: getattr(job, column.name) for column in Job.__table__.columns}
    savepoint.rollback()
    return pattern


def _series(rows: int) -> Any:
    series = select(literal(1, Integer()).label("n")).cte("series", recursive=True)
    return series.union_all(select(series.c.n + 1).where(series.c.n < rows))


def _values(session: Session, n: Any, rows: int, queued: int) -> dict[str, Any]:
    is_queued = n > rows - queued
    at = clock.seconds_from_now(cast(n, Integer()) - float(rows))
    ended = case((is_queued, None), else_=at)
    others = literal("shop-", String()) + cast(n / _ONE_IN_OTHERS % len(OTHERS), String())
    return {
        "id": _id(session, n),
        "tenant": case((n % _ONE_IN_OTHERS == 0, others), else_=TENANT),
        "state": case((is_queued, QUEUED), (n % _ONE_IN_FAILED == 0, FAILED), else_=SUCCEEDED),
        "scheduled_at": at,
        "created_at": at,
        "started_at": ended,
        "finished_at": ended,
    }


def _id(session: Session, n: Any) -> Any:
    """Identifiers in order, none of them near those of today."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    digits = func.printf("%012x", n) if is_sqlite else func.lpad(func.to_hex(n), 12, "0")
    return literal("0190a0b0-0000-7000-8001-", String()) + digits


def tidy() -> None:
    """What autovacuum does in time, and what an SQLite of ours has after its maintenance."""
    writer = engine.writer()
    if writer.dialect.name == "postgresql":
        with writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
