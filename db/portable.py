"""What SQLite and PostgreSQL say differently: insert, or what then; many ids, and many rows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Insert,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from db.tables.base import Row

Statement = postgresql.Insert | sqlite.Insert
# SQLite takes 32,766 parameters in a statement.
_ASKED_AT_ONCE: Final = 5_000


def insert(session: Session, table: type[Row]) -> Statement:
    """An INSERT of the session's own dialect."""
    return insert_of(session.get_bind().dialect.name, table)


def insert_of(dialect: str, table: type[Row] | Table) -> Statement:
    """An INSERT of a dialect by its name."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_once(session: Session, table: type[Row], values: Mapping[str, Any]) -> Insert:
    """INSERT that leaves a row alone which is there already."""
    return insert(session, table).values(**values).on_conflict_do_nothing()


def upsert(
    session: Session, table: type[Row], values: Mapping[str, Any], *, update: tuple[str, ...]
) -> Insert:
    """INSERT, or on the same primary key set the named columns."""
    statement = insert(session, table).values(**values)
    keys = [column.name for column in table.__table__.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: values[name] for name in update}
    )


def in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """Each once, as many at a time as a statement takes, in the order in which everybody locks."""
    ordered = sorted(set(ids))
    return (ordered[i : i + _ASKED_AT_ONCE] for i in range(0, len(ordered), _ASKED_AT_ONCE))


def given(dialect: str, name: str, **columns: TypeEngine[Any]) -> CTE:
    """Rows that come with a statement in one parameter of this name; `as_given` writes it.

    However many they are the statement stays the same, so that it is built and compiled once.
    """
    rows = bindparam(name, type_=Text)
    if dialect == "postgresql":
        typed = (column(key, type_) for key, type_ in columns.items())
        found = func.json_to_recordset(cast(rows, JSON)).table_valued(*typed, name=name)
        return select(*found.render_derived(with_types=True).c).cte(f"{name}_rows")
    found = func.json_each(rows).table_valued("value", name=name)
    parts = [_part(found.c.value, key, type_) for key, type_ in columns.items()]
    return select(*parts).cte(f"{name}_rows")


def _part(row: ColumnElement[Any], key: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return type_coerce(func.json_extract(row, f"$.{key}"), type_).label(key)


def as_given(rows: Iterable[Mapping[str, Any]]) -> str:
    """The parameter of `given`."""
    return json.dumps(list(rows))


def json_text(dialect: str, text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of JSON from its text: SQLite keeps it as text, and would cast it to a number."""
    return cast(text, JSON) if dialect == "postgresql" else type_coerce(text, JSON)
