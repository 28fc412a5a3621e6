"""How the databases go about what our functions ask: by which index, and what is read whole."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from db import engine

Asked = tuple[str, Any]


@contextmanager
def heard() -> Iterator[list[Asked]]:
    """The statements of the block, with what they are asked with."""
    found: list[Asked] = []
    writer = engine.writer()

    def hear(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.append((statement, parameters))

    event.listen(writer, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(writer, "before_cursor_execute", hear)


def read_whole(asked: list[Asked], *, but: tuple[str, ...] = ()) -> list[str]:
    """The plans that walk through a whole table, or a whole index of it, beside those of `but`."""
    found = [plan for statement, parameters in asked for plan in _lines(statement, parameters)]
    assert found, "nothing was asked"
    return [plan for plan in found if _is_whole(plan) and not any(name in plan for name in but)]


def indexes(asked: list[Asked]) -> set[str]:
    """The indexes that the plans go by."""
    found = [plan for statement, parameters in asked for plan in _lines(statement, parameters)]
    return {
        name for plan in found for name in re.findall(r"\b(?:ix|uq|sqlite_autoindex)_\w+", plan)
    }


def _is_whole(plan: str) -> bool:
    # SQLite searches by an index or scans; PostgreSQL names what it does.
    walks = "SCAN " in plan and "CONSTANT ROW" not in plan and "SUBQUERY" not in plan
    return walks or "Seq Scan on" in plan


def _lines(statement: str, parameters: Any) -> list[str]:
    """As if the tables were large."""
    if not statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return []
    with engine.writer().connect() as connection:
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [row[-1] for row in found]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


def plans(session: Session, ask: Callable[[Session], Any]) -> list[str]:
    """The plan of each statement that `ask` sends."""
    sent: list[tuple[str, Any]] = []
    connection = session.connection()

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    ask(session)
    event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return [
        "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + one, parameters))
        for one, parameters in sent
    ]


def reads_whole(plan: str, table: str) -> bool:
    """Whether a plan goes through every row of a table."""
    return bool(re.search(rf"SCAN {table}(?! USING)\b|Seq Scan on {table}\b", plan))


def analyse() -> None:
    """Tell the database what is in its tables, as a daemon of its own would."""
    with engine.writer().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
