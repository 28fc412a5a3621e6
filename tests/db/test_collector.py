"""Bytes that nobody names go; all others stay, whoever names them."""

import itertools
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from db import blobs, collector, engine
from db.blobs import SHIPPED, StoreUnavailable
from db.engine import transaction
from db.stores import Store
from db.tables.all import Row
from db.tables.results import KEYS
from tests import explained, kept, rows

BYTES = b"shoe"


def _result(column: str) -> None:
    """A result that names the bytes in one of its columns."""
    lease = rows.running()
    key = blobs.put(rows.TENANT, BYTES)
    with transaction() as session:
        session.add(rows.result(lease, **{column: key}))


def _stage() -> None:
    """A stage of a job that names the bytes."""
    lease = rows.running()
    key = blobs.put(rows.TENANT, BYTES)
    with transaction() as session:
        session.add(rows.stage(lease, picture_key=key))


NAMED: dict[str, Callable[[], object]] = {
    "picture": lambda: kept.picture(BYTES),
    "version": lambda: kept.version(BYTES),
    "stage": _stage,
    "dataset": lambda: _only_the_dataset_names_it(),
    **{
        column: lambda column=column: _result(column)
        for column in ("blob_key", "source_key", "reference_key", "mask_key", "edit_mask_key")
    },
}


def _only_the_dataset_names_it() -> None:
    picture = kept.picture(BYTES)
    kept.dataset(picture)
    with transaction() as session:
        session.execute(text("DELETE FROM picture"))


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("by", NAMED)
def test_what_some_row_names_stays_and_is_not_looked_at_again(by: str):
    NAMED[by]()
    kept.a_day_passes()

    while collector.collect():
        pass

    assert kept.is_kept(BYTES)
    assert collector.collect() == 0


def test_every_column_that_names_bytes_is_asked():
    describe_only = {"blob.sha256", "result.sha256", "blocked.sha256"}
    hashes = {
        f"{table.name}.{column.name}"
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if (column.name.endswith("_key") and getattr(column.type, "length", None) == 64)
        or column.name == "sha256"
    }

    asked = {f"{named.class_.__tablename__}.{named.key}" for _, named in collector.NAMED_BY}

    assert hashes - describe_only == asked


@pytest.mark.usefixtures("archive")
def test_weights_that_ship_with_us_stay_while_a_version_names_them():
    kept.version(b"weights", tenant=SHIPPED)
    blobs.put(SHIPPED, b"of an older release")
    kept.a_day_passes()

    collector.collect()

    assert kept.is_kept(b"weights", tenant=SHIPPED)
    assert not kept.is_kept(b"of an older release", tenant=SHIPPED)


@pytest.mark.usefixtures("archive")
def test_the_same_bytes_of_another_tenant_are_not_named_by_this_one():
    kept.picture(BYTES)
    blobs.put("another", BYTES)
    kept.a_day_passes()

    collector.collect()

    assert kept.is_kept(BYTES)
    assert not kept.is_kept(BYTES, tenant="another")


@pytest.mark.usefixtures("archive")
def test_what_was_put_less_than_a_day_ago_stays():
    blobs.put(rows.TENANT, BYTES)

    assert collector.collect() == 0
    assert kept.is_kept(BYTES)


@pytest.mark.usefixtures("archive")
def test_bytes_are_looked_at_again_when_a_row_that_named_them_has_gone():
    kept.picture(BYTES)
    kept.a_day_passes()
    collector.collect()
    with transaction() as session:
        session.execute(text("DELETE FROM picture"))
        blobs.let_go(session, rows.TENANT, [sha256(BYTES).hexdigest()])

    collector.collect()

    assert not kept.is_kept(BYTES)
    assert not kept.has_row(BYTES)


@pytest.mark.usefixtures("archive")
def test_a_round_takes_the_oldest_few():
    for number in range(5):
        blobs.put(rows.TENANT, bytes([number]))
    kept.a_day_passes()

    taken = [collector.collect(most=2) for _ in range(4)]

    assert taken == [2, 2, 1, 0]


@pytest.mark.usefixtures("store")
def test_a_store_that_is_away_keeps_every_row(store: Store, monkeypatch: pytest.MonkeyPatch):
    blobs.put(rows.TENANT, BYTES)
    kept.a_day_passes()

    def away(_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", away)
        with pytest.raises(StoreUnavailable):
            collector.collect()
    assert kept.has_row(BYTES)
    assert kept.is_kept(BYTES)

    collector.collect()
    assert not kept.has_row(BYTES)


# That it deletes nothing whose lock it has lost


@pytest.mark.postgres
@pytest.mark.usefixtures("postgresql_archive")
def test_bytes_that_were_put_again_when_a_frozen_collectors_locks_had_gone_stay():
    many = [b"%d" % number for number in range(collector.AT_ONCE + 5)]
    for data in many:
        blobs.put(rows.TENANT, data)
    kept.a_day_passes()
    left = [True]

    def lose_the_locks(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE FROM blob") and left.pop():
            pid = connection.connection.dbapi_connection.info.backend_pid
            with engine.writer().connect() as another:
                another.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            for data in many:
                blobs.put(rows.TENANT, data)

    event.listen(engine.writer(), "after_cursor_execute", lose_the_locks)
    try:
        with pytest.raises(OperationalError):
            collector.collect()
    finally:
        event.remove(engine.writer(), "after_cursor_execute", lose_the_locks)

    assert not left
    assert all(kept.is_kept(data) and kept.has_row(data) for data in many)


@pytest.mark.usefixtures("archive")
def test_an_answer_of_long_ago_does_not_prove_that_the_locks_are_still_there(
    monkeypatch: pytest.MonkeyPatch,
):
    # Frozen between the server's answer and the deletion: the clock jumps behind each statement.
    blobs.put(rows.TENANT, BYTES)
    kept.a_day_passes()
    with monkeypatch.context() as patch:
        moments = itertools.count(0.0, 60.0)
        patch.setattr(collector.time, "monotonic", lambda: next(moments))
        with pytest.raises(StoreUnavailable):
            collector.collect()

    assert kept.is_kept(BYTES)
    assert kept.has_row(BYTES)


@pytest.mark.usefixtures("store")
def test_a_slow_store_holds_the_locks_for_seconds_and_is_gone_on_with_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    for number in range(3 * collector.AT_ONCE):
        blobs.put(rows.TENANT, b"%d" % number)
    kept.a_day_passes()
    delete, slept = store.delete, [0.0]

    def slowly(paths: Sequence[str]) -> None:
        slept.append(0.3)
        delete(paths)

    monkeypatch.setattr(store, "delete", slowly)
    monkeypatch.setattr(collector, "HELD_S", 0.4)
    # The store's slowness alone: this machine may be slow, too.
    monkeypatch.setattr(collector, "time", SimpleNamespace(monotonic=lambda: sum(slept)))

    assert [collector.collect() for _ in range(3)] == [2 * collector.AT_ONCE, collector.AT_ONCE, 0]
    assert not any(kept.is_kept(b"%d" % number) for number in range(3 * collector.AT_ONCE))


@pytest.mark.usefixtures("store")
def test_what_is_erased_has_gone_however_slow_the_store_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    keys = [blobs.put(rows.TENANT, b"%d" % number) for number in range(2 * collector.AT_ONCE)]
    kept.a_day_passes()
    delete = store.delete

    def slowly(paths: Sequence[str]) -> None:
        time.sleep(0.3)
        delete(paths)

    monkeypatch.setattr(store, "delete", slowly)
    monkeypatch.setattr(collector, "HELD_S", 0.2)

    collector.collect_these(rows.TENANT, keys)

    assert not any(kept.is_kept(b"%d" % number) for number in range(2 * collector.AT_ONCE))


# That it does not grow with the history


@pytest.mark.usefixtures("archive")
def test_no_question_of_a_round_reads_a_whole_table():
    kept.picture(BYTES)
    blobs.put(rows.TENANT, b"garbage")
    kept.a_day_passes()

    with explained.heard() as asked:
        collector.collect()

    assert len(asked) > 8
    # The datasets of the few tenants whose bytes nobody else names are read, and only they.
    assert explained.read_whole(asked, but=("dataset",)) == []
    # A walk through all rows of the tenant would be no whole table, and as slow.
    used = explained.indexes(asked)
    named = {f"ix_result_{name}" for name in KEYS}
    assert used >= {"ix_blob_unseen", "ix_version_weights_key", "ix_stage_picture_key", *named}
    assert used & {"uq_picture_tenant_sha256", "sqlite_autoindex_picture_2"}
