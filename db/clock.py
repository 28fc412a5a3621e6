"""The database's own clock: workers on many hosts agree on what is due."""

from typing import Any

from sqlalchemy import ColumnElement, Float, SQLColumnExpression, String, literal, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from db import settings
from db.tables.base import UtcDateTime


class _SecondsFromNow(FunctionElement[Any]):
    type = UtcDateTime()
    inherit_cache = True
    name = "seconds_from_now"


@compiles(_SecondsFromNow, "sqlite")
def _sqlite(element: _SecondsFromNow, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    # Six digits, as SQLAlchemy writes them: SQLite compares times as text.
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%+.3f seconds', {seconds})) || '000')"


@compiles(_SecondsFromNow, "postgresql")
def _postgresql(element: _SecondsFromNow, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"(now() + make_interval(secs => CAST({seconds} AS double precision)))"


def now() -> ColumnElement[Any]:
    return seconds_from_now(0.0)


def seconds_from_now(seconds: float | ColumnElement[Any]) -> ColumnElement[Any]:
    """The database's time in so many seconds; negative is the past."""
    shifted = seconds + settings.get().clock_offset_s
    given = literal(shifted, Float()) if isinstance(shifted, (int, float)) else shifted
    return _SecondsFromNow(given)


class _SecondsAfter(FunctionElement[Any]):
    type = UtcDateTime()
    inherit_cache = True
    name = "seconds_after"


@compiles(_SecondsAfter, "sqlite")
def _sqlite_after(element: _SecondsAfter, compiler: Any, **options: Any) -> str:
    moment, seconds = (compiler.process(part, **options) for part in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%f', {moment}, printf('%+.3f seconds', {seconds})) || '000')"


@compiles(_SecondsAfter, "postgresql")
def _postgresql_after(element: _SecondsAfter, compiler: Any, **options: Any) -> str:
    moment, seconds = (compiler.process(part, **options) for part in element.clauses)
    return f"({moment} + make_interval(secs => CAST({seconds} AS double precision)))"


def seconds_after(
    moment: SQLColumnExpression[Any], seconds: SQLColumnExpression[Any]
) -> ColumnElement[Any]:
    """A row's own time and so many seconds, which may be another of its columns."""
    return _SecondsAfter(moment, seconds)


class _SecondsBetween(FunctionElement[Any]):
    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(_SecondsBetween, "sqlite")
def _sqlite_between(element: _SecondsBetween, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(part, **options) for part in element.clauses)
    return f"((julianday({last}) - julianday({first})) * 86400.0)"


@compiles(_SecondsBetween, "postgresql")
def _postgresql_between(element: _SecondsBetween, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({last} - {first})) AS double precision)"


def seconds_between(
    first: SQLColumnExpression[Any], last: SQLColumnExpression[Any]
) -> ColumnElement[Any]:
    """How long it was from one of a row's times to another."""
    return _SecondsBetween(first, last)


class _Written(FunctionElement[Any]):
    type = String()
    inherit_cache = True
    name = "written"


@compiles(_Written, "sqlite")
def _sqlite_written(element: _Written, compiler: Any, **options: Any) -> str:
    moment, length = (compiler.process(part, **options) for part in element.clauses)
    return f"substr({moment}, 1, {length})"


@compiles(_Written, "postgresql")
def _postgresql_written(element: _Written, compiler: Any, **options: Any) -> str:
    moment, length = (compiler.process(part, **options) for part in element.clauses)
    return f"left(to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), {length})"


def minute(moment: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """The minute of a row's time in UTC, as 2026-11-27 02:21: to count rows by."""
    return _Written(moment, literal_column("16"))
