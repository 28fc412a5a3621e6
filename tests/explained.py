"""The plans of what a question sends, with the tables as they are: which index is taken."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from db import engine


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
