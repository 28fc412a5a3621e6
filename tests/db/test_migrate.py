"""The tables' revision, and the view that storefronts read."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Text,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql.base import ischema_names

from db import clock, engine, migrate
from db.engine import long_transaction, reading, transaction
from db.migrate import WrongRevision
from db.tables import published_results
from db.tables.all import Row
from tests import archives, rows

ischema_names["halfvec"] = Text  # so that it can be looked at without the package of pgvector


@pytest.mark.usefixtures("archive")
def test_the_migrations_make_exactly_the_tables_that_the_code_has():
    assert _differences() == []


@pytest.mark.usefixtures("archive")
def test_every_constraint_has_a_name():
    unnamed = [
        f"{table.name}: {constraint}"
        for table in Row.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]

    assert unnamed == []


@pytest.mark.usefixtures("archive")
def test_upgrading_again_changes_nothing_and_keeps_every_row():
    job_id = rows.queued()

    migrate.upgrade()

    migrate.check()
    assert rows.read(job_id).state == "queued"
    assert _published() == []


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_tables_of_another_revision_are_refused_with_what_mends_it(revision: str):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})

    try:
        with pytest.raises(WrongRevision, match=f"at revision {revision}.*packshot init"):
            migrate.check()
    finally:
        with transaction() as session:
            newest = {"r": migrate.newest_revision()}
            session.execute(text("UPDATE alembic_version SET version_num = :r"), newest)


def test_the_revision_is_looked_at_while_somebody_writes(sqlite_archive: Path):
    with transaction() as session:
        session.execute(text("SELECT 1"))  # now it holds the writer's place
        began = time.monotonic()
        migrate.check()

    assert time.monotonic() - began < 1  # SQLite lets a second writer wait for ten


def test_an_empty_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with (
        archives.opened(monkeypatch, tmp_path),
        pytest.raises(WrongRevision, match="revision none"),
    ):
        migrate.check()


# From every revision that somebody may have


REVISIONS = [
    script.revision
    for script in ScriptDirectory.from_config(migrate._config(None)).walk_revisions()
][::-1]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def no_tables(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database without any table."""
    if request.param == "sqlite":
        with archives.opened(monkeypatch, tmp_path):
            yield
        return
    url = sqlalchemy.make_url(request.getfixturevalue("postgresql_url"))
    server = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE migrated"))
    try:
        fresh = url.set(database="migrated").render_as_string(hide_password=False)
        with archives.opened(monkeypatch, tmp_path, url=archives.patient(fresh)):
            yield
    finally:
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE migrated WITH (FORCE)"))
        server.dispose()


@pytest.mark.usefixtures("no_tables")
@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_an_earlier_build_is_upgraded_with_every_row_in_it(revision: str):
    migrate.upgrade(revision)
    _fill()
    before = _contents()

    migrate.upgrade()

    migrate.check()
    after = _contents()
    assert all(before.values())
    for table, kept_rows in before.items():
        same = [{name: row[name] for name in kept_rows[0]} for row in after[table]]
        assert same == kept_rows, table
    with reading() as session:
        for mapper in Row.registry.mappers:
            rows_of_old = session.scalars(sqlalchemy.select(mapper.class_)).all()
            assert len(rows_of_old) == len(before.get(mapper.class_.__tablename__, []))
    assert _published() == ["result-id"]
    assert _differences() == []


@pytest.mark.usefixtures("no_tables")
@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_an_upgrade_can_be_taken_back_and_done_again_with_rows_in_it(revision: str):
    migrate.upgrade(revision)
    _fill()
    before = _contents()
    migrate.upgrade()

    with engine.writer().connect() as connection, connection.begin():
        migrate.drop_views(connection)
        command.downgrade(migrate._config(connection), revision)

    assert _contents() == before
    migrate.upgrade()
    assert _published() == ["result-id"]


# What a row needs beside something of its column's type.
_SPECIAL: dict[str, Any] = {
    "audit.outcome": "done",
    "job.state": "succeeded",
    "job.lease_owner": None,
    "job.cancel_requested_at": None,
    "version.state": "candidate",
    "delivery.state": "delivered",
    "promotion.share": 0.5,
    "feedback.rating": 1,
    "retraining.cause": "ratings",
    "trial.state": "complete",
    "worker.state": "ready",
    "result.visibility": "published",
    "campaign.goal": "click",
    "tally.kind": "impression",
    "taste.liked": 1,
}


def _differences() -> list[Any]:
    """Between the tables that there are and those of the code, but for what pgvector compares."""

    def is_ours(item: Any, _name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "column" and item.computed)

    with engine.writer().connect() as connection:
        opts = {"compare_type": True, "include_object": is_ours}
        return compare_metadata(MigrationContext.configure(connection, opts=opts), Row.metadata)


def _fill() -> None:
    """One row in every table of the revision that the database is at."""
    tables = MetaData()
    tables.reflect(engine.writer())
    with long_transaction() as session:
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                row = {column.name: _something(table.name, column) for column in table.columns}
                session.execute(insert(table).values(row))


def _something(table: str, column: Column[Any]) -> Any:
    if f"{table}.{column.name}" in _SPECIAL:
        return _SPECIAL[f"{table}.{column.name}"]
    for key in column.foreign_keys:
        return f"{key.column.table.name}-{key.column.name}"
    match column.type:
        case String():
            return f"{table}-{column.name}"[: column.type.length]
        case JSON():
            return {"some": ["json"]}
        case Boolean():
            return True
        case DateTime():
            return datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
        case Numeric():
            return 1.5
        case LargeBinary():
            return b"\x00\x3c"
        case _:
            return 7


def _contents() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, with the columns that there are and that somebody writes."""
    tables = MetaData()
    tables.reflect(engine.writer())
    with long_transaction() as session:
        return {
            table.name: [
                dict(row._mapping)
                for row in session.execute(
                    sqlalchemy.select(*(one for one in table.columns if not one.computed))
                )
            ]
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def test_the_first_revision_can_be_taken_back(sqlite_archive: Path):
    with engine.writer().connect() as connection, connection.begin():
        migrate.drop_views(connection)
        command.downgrade(migrate._config(connection), "base")

    with reading() as session:
        left = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
    assert set(left) <= {"alembic_version"}


# The view


def _published(columns: str = "id") -> list[Any]:
    with reading() as session:
        found = session.execute(text(f"SELECT {columns} FROM published_results ORDER BY id"))  # noqa: S608
        return [tuple(row) if len(row) > 1 else row[0] for row in found]


def _delivered(age_s: float = 0, pictures: int = 1, **columns: Any) -> list[str]:
    """The ids of the results of a new job, delivered so many seconds ago."""
    job_id = rows.queued(tenant=columns.get("tenant", rows.TENANT))
    lease = rows.Lease(job_id, "worker", 1)
    # One after the other, as a clock of milliseconds may see them.
    made = [
        rows.result(
            lease,
            ordinal=ordinal,
            **{"created_at": clock.seconds_from_now(0.01 * ordinal - age_s), **columns},
        )
        for ordinal in range(pictures)
    ]
    with transaction() as session:
        session.add_all(made)  # as `results.add` does, but for the time
        return [one.id for one in made]


SHOE = {"sku": "shoe", "channel": "web"}


@pytest.mark.usefixtures("archive")
def test_the_newest_result_of_a_product_is_shown():
    _delivered(20, **SHOE)
    newest = _delivered(5, **SHOE)
    _delivered(10, **SHOE)

    assert _published() == newest


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("visibility", ["held", "quarantined"])
def test_what_is_held_back_is_not_shown_and_hides_nothing(visibility: str):
    older = _delivered(20, **SHOE)
    _delivered(0, visibility=visibility, **SHOE)

    assert _published() == older


@pytest.mark.usefixtures("archive")
def test_channels_operations_products_and_tenants_are_shown_each():
    shown = [
        *_delivered(1, **SHOE),
        *_delivered(2, sku="shoe", channel="print"),
        *_delivered(3, sku="shoe", channel=None),
        *_delivered(4, op="cutout", **SHOE),
        *_delivered(5, sku="boot", channel="web"),
        *_delivered(6, tenant="another", **SHOE),
    ]

    assert _published() == sorted(shown)


@pytest.mark.usefixtures("archive")
def test_all_pictures_of_the_newest_job_are_shown():
    _delivered(10, pictures=3, **SHOE)
    newest = _delivered(0, pictures=2, **SHOE)

    assert _published() == sorted(newest)


@pytest.mark.usefixtures("archive")
def test_jobs_without_a_product_are_shown_each():
    shown = _delivered(10) + _delivered(5)

    assert _published() == sorted(shown)


@pytest.mark.usefixtures("archive")
def test_of_two_jobs_of_one_moment_one_is_shown_whole():
    first = _delivered(pictures=2, **SHOE)
    second = _delivered(pictures=2, **SHOE)
    with transaction() as session:
        session.execute(text("UPDATE result SET created_at = (SELECT min(created_at) FROM result)"))

    assert _published() in (sorted(first), sorted(second))


@pytest.mark.usefixtures("archive")
def test_the_view_tells_an_identical_picture_from_one_that_was_not_measured():
    _delivered(sku="same", channel="web", identical=True)
    _delivered(sku="drawn", channel="web")

    assert set(_published("sku, psnr_db, identical")) == {("same", None, 1), ("drawn", None, 0)}


@pytest.mark.usefixtures("archive")
def test_the_view_has_the_columns_that_are_promised():
    _delivered(**SHOE)

    assert len(_published(", ".join(published_results.COLUMNS))[0]) == len(
        published_results.COLUMNS
    )
