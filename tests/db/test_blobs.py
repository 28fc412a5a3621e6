"""Bytes by content hash, wherever they lie, and what happens when several want them at once."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select, update

from db import blobs, clock, collector
from db.blobs import GRACE_S, NotStored, Vanished
from db.engine import reading, transaction
from db.portable import insert_once
from db.stores import Store
from db.tables.pictures import Blob, Picture
from tests.factories import NOWHERE

SHOE = b"shoe"
KEY = sha256(SHOE).hexdigest()
PICTURE = {
    "id": NOWHERE,
    "tenant": "shop",
    "sha256": KEY,
    "created_at": clock.now(),
    "format": "png",
    "mode": "RGB",
    "bytes": len(SHOE),
    "width": 1,
    "height": 1,
}


def _row(key: str = KEY, tenant: str = "shop") -> Blob | None:
    with reading() as session:
        return session.get(Blob, (tenant, key))


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 4096], ids=len)
def test_what_was_put_is_got_under_its_hash(data: bytes):
    key = blobs.put("shop", data)

    assert key == sha256(data).hexdigest()
    assert blobs.get("shop", key) == data


@pytest.mark.usefixtures("store")
def test_the_row_says_how_many_bytes_there_are_and_when_they_were_last_put():
    key = blobs.put("shop", b"shoe")
    first = _row(key)
    assert first is not None

    blobs.put("shop", b"shoe")

    again = _row(key)
    assert again is not None
    assert (first.bytes, again.bytes) == (4, 4)
    assert again.last_put_at >= first.last_put_at
    with reading() as session:
        assert len(session.scalars(select(Blob)).all()) == 1


@pytest.mark.usefixtures("store")
def test_another_tenant_does_not_have_them():
    key = blobs.put("shop", b"shoe")

    with pytest.raises(blobs.NotStored):
        blobs.get("another", key)


@pytest.mark.usefixtures("store")
def test_a_key_that_was_never_put_is_not_stored():
    with pytest.raises(blobs.NotStored):
        blobs.get("shop", "0" * 64)


@pytest.mark.usefixtures("sqlite_archive")
@pytest.mark.parametrize(
    ("tenant", "key"),
    [
        *(("shop", key) for key in ("", "0" * 63, "A" * 64, "../" + "0" * 61, "0" * 64 + "\n")),
        *((tenant, "0" * 64) for tenant in ("", "..", "a/b", "-a", "a" * 65, "shop\n", "ümlaut")),
    ],
)
def test_a_name_that_could_leave_the_store_is_refused(tenant: str, key: str):
    with pytest.raises(ValueError, match="tenant's name"):
        blobs.get(tenant, key)


@pytest.mark.usefixtures("store")
def test_a_bad_tenant_writes_neither_row_nor_bytes():
    with pytest.raises(ValueError, match="tenant's name"):
        blobs.put("..", b"shoe")

    assert _row(sha256(b"shoe").hexdigest(), "..") is None


def _file(home: Path, key: str) -> Path:
    return home / "blobs" / "shop" / key[:2] / key


def test_bytes_that_changed_on_disk_are_not_given_out(sqlite_archive: Path):
    key = blobs.put("shop", b"shoe")
    _file(sqlite_archive, key).write_bytes(b"boot")

    with pytest.raises(blobs.NotStored, match="changed"):
        blobs.get("shop", key)


def test_putting_them_again_mends_what_the_disk_lost(sqlite_archive: Path):
    key = blobs.put("shop", b"shoe")
    _file(sqlite_archive, key).write_bytes(b"boot")

    blobs.put("shop", b"shoe")

    assert blobs.get("shop", key) == b"shoe"


@pytest.mark.usefixtures("store")
def test_many_threads_that_put_the_same_leave_them_whole():
    data = bytes(100_000)

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: blobs.put("shop", data), range(24)))

    (key,) = keys
    assert blobs.get("shop", key) == data
    with reading() as session:
        assert len(session.scalars(select(Blob)).all()) == 1


# Killed between two steps


_DIES = """
    import os
    from db import blobs, stores
    stores.Folder.{step} = lambda *_: os._exit(9)
    blobs.put("shop", b"shoe")
"""


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("step", ["write", "_making"])
def test_a_put_that_is_killed_leaves_a_row_for_the_collector_and_nothing_else(
    step: str, tmp_path: Path
):
    program = textwrap.dedent(_DIES).format(step=step)
    child = subprocess.run([sys.executable, "-c", program], check=False)

    assert child.returncode == 9
    assert _row() is not None
    assert not list((tmp_path / "blobs").rglob(KEY))
    _a_day_passes()
    collector.collect()
    assert _row() is None


@pytest.mark.usefixtures("store")
def test_bytes_whose_row_never_came_are_collected_after_a_day():
    blobs.put("shop", SHOE)
    collector.collect()
    assert blobs.get("shop", KEY) == SHOE

    _a_day_passes()
    collector.collect()

    assert _row() is None
    with pytest.raises(NotStored):
        blobs.get("shop", KEY)


# A put beside the collector, in every order that there is


@pytest.mark.usefixtures("store")
def test_a_put_while_the_collector_deletes_waits_for_it_and_writes_them_anew(store: Store):
    blobs.put("shop", SHOE)
    _a_day_passes()

    with _held_up(store, "delete") as at_it:
        collecting = _started(collector.collect)
        at_it.wait_until_there()
        putting = _started(lambda: _registered(SHOE))
        assert putting.is_alive_after(0.3)  # the row is locked
        at_it.goes_on()
        collecting.ends()
        putting.ends()

    assert _row() is not None
    assert blobs.get("shop", KEY) == SHOE


@pytest.mark.usefixtures("store")
def test_bytes_that_are_just_being_put_again_are_not_collected(store: Store):
    blobs.put("shop", SHOE)
    _a_day_passes()

    with _held_up(store, "write") as at_it:
        putting = _started(lambda: _registered(SHOE))
        at_it.wait_until_there()
        collector.collect()
        at_it.goes_on()
        putting.ends()

    collector.collect()
    assert blobs.get("shop", KEY) == SHOE


@pytest.mark.usefixtures("store")
def test_bytes_are_not_collected_while_the_row_that_names_them_is_being_written():
    blobs.put("shop", SHOE)
    _a_day_passes()
    named, may_commit = threading.Event(), threading.Event()

    def name_them() -> None:
        with transaction() as session:
            blobs.hold(session, "shop", [KEY])
            named.set()
            may_commit.wait(10)
            session.execute(insert_once(session, Picture, PICTURE))

    naming = _started(name_them)
    assert named.wait(10)
    collecting = _started(collector.collect)
    collecting.is_alive_after(0.3)  # on SQLite it waits its turn, on PostgreSQL it passes them by
    may_commit.set()
    naming.ends()
    collecting.ends()

    collector.collect()
    assert blobs.get("shop", KEY) == SHOE
    assert _row() is not None


@pytest.mark.usefixtures("store")
def test_a_row_cannot_name_bytes_that_have_been_collected():
    blobs.put("shop", SHOE)
    _a_day_passes()
    collector.collect()

    with transaction() as session, pytest.raises(Vanished):
        blobs.hold(session, "shop", [KEY])


@pytest.mark.usefixtures("store")
def test_eight_who_put_beside_the_collector_never_end_with_a_row_that_names_nothing():
    stop = threading.Event()

    def put_and_read(_: int) -> list[bytes]:
        return [_registered(SHOE) and blobs.get("shop", KEY) for _ in range(10)]

    def collect_all_the_time() -> None:
        while not stop.is_set():
            _nobody_names_them()
            _a_day_passes()
            collector.collect()

    collecting = _started(collect_all_the_time)
    try:
        with ThreadPoolExecutor(8) as pool:
            seen = [data for found in pool.map(_in_peace(put_and_read), range(8)) for data in found]
    finally:
        stop.set()
        collecting.ends()

    assert set(seen) <= {SHOE}
    _registered(SHOE)
    assert blobs.get("shop", KEY) == SHOE


def _in_peace(read: Callable[[int], list[bytes]]) -> Callable[[int], list[bytes]]:
    """Whose row another takes away, with its bytes, may find nothing; but never half of them."""

    def found(number: int) -> list[bytes]:
        try:
            return read(number)
        except NotStored:
            return []

    return found


def _registered(data: bytes) -> str:
    """Put and named, as an upload does it."""
    while True:
        key = blobs.put("shop", data)
        try:
            with transaction() as session:
                blobs.hold(session, "shop", [key])
                session.execute(insert_once(session, Picture, PICTURE))
        except Vanished:
            continue
        return key


def _nobody_names_them() -> None:
    with transaction() as session:
        for row in session.scalars(select(Picture).with_for_update()):
            session.delete(row)
        session.flush()
        blobs.let_go(session, "shop", [KEY])


def _a_day_passes() -> None:
    with transaction() as session:
        long_ago = clock.seconds_from_now(-GRACE_S - 1)
        session.execute(update(Blob).values(last_put_at=long_ago))


class _Started:
    """Work in a thread of its own; what it raises is raised where its end is waited for."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(work)

    def is_alive_after(self, seconds: float) -> bool:
        threading.Event().wait(seconds)
        return not self._future.done()

    def ends(self) -> None:
        self._future.result(timeout=30)
        self._pool.shutdown()


def _started(work: Callable[[], object]) -> _Started:
    return _Started(work)


class _HeldUp:
    def __init__(self) -> None:
        self._there, self._go = threading.Event(), threading.Event()

    def stop_here(self) -> None:
        self._there.set()
        assert self._go.wait(10)

    def wait_until_there(self) -> None:
        assert self._there.wait(10)

    def goes_on(self) -> None:
        self._go.set()


@contextmanager
def _held_up(store: Store, step: str) -> Iterator[_HeldUp]:
    """The first who comes to this step of the store stops before it."""
    held, real, first = _HeldUp(), getattr(store, step), iter([True])

    def stopping(*arguments: object) -> object:
        if next(first, False):
            held.stop_here()
        return real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, step, stopping)
        yield held
