"""One commit at the edge, and several processes that write one database."""

import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from db import clock, engine
from db.engine import UnsafeSqlite, long_transaction, reading, transaction
from db.tables.jobs import Attempt, Queue
from db.tables.workers import Lock


def _queues() -> set[str]:
    with reading() as session:
        return set(session.scalars(select(Queue.name)))


@pytest.mark.usefixtures("archive")
def test_a_block_that_ends_has_committed():
    with transaction() as session:
        session.add(Queue(name="gpu"))

    assert _queues() == {"gpu"}


@pytest.mark.usefixtures("archive")
def test_a_block_that_raises_has_changed_nothing():
    def change_and_raise() -> None:
        with transaction() as session:
            session.add(Queue(name="gpu"))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        change_and_raise()

    assert _queues() == set()


@pytest.mark.usefixtures("archive")
def test_rows_can_be_read_after_their_transaction():
    with transaction() as session:
        session.add(row := Queue(name="gpu", paused_at=clock.now()))
        session.flush()
        session.refresh(row)

    assert row.name == "gpu"
    assert row.paused_at is not None


@pytest.mark.usefixtures("archive")
def test_a_reader_is_not_held_up_by_a_writer():
    with transaction() as session:
        session.add(Queue(name="gpu"))
        session.flush()

        assert _queues() == set()


@pytest.mark.usefixtures("archive")
def test_a_row_of_a_job_that_does_not_exist_is_refused():
    orphan = Attempt(job_id="none", lease_token=1, worker="w", device="cpu", started_at=clock.now())

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(orphan)


@pytest.mark.usefixtures("sqlite_archive")
def test_sqlite_is_set_up_for_several_processes():
    with reading() as session:
        found = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }

    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 10_000,
        "foreign_keys": 1,
    }


@pytest.mark.usefixtures("sqlite_archive")
def test_a_write_transaction_takes_the_writers_place_before_it_reads():
    # Deferred, two that read and then write would end in "database is locked", unrepeatable.
    outcomes = []

    def count_up() -> None:
        with engine.writer().connect() as connection, connection.begin():
            seen = connection.scalar(text("SELECT count(*) FROM queue"))
            time.sleep(0.05)
            connection.execute(text("INSERT INTO queue (name) VALUES (:n)"), {"n": f"q{seen}"})
            outcomes.append(seen)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [0, 1, 2, 3]


@pytest.mark.usefixtures("sqlite_archive")
def test_threads_take_turns_to_write():
    def add(number: int) -> None:
        for step in range(10):
            with transaction() as session:
                session.add(Queue(name=f"{number}-{step}"))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(_queues()) == 80


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("sqlite_archive")
def test_nobody_stands_in_line_for_ever_behind_a_thread_that_does_not_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(engine, "_TURN_S", 0.2)
    refused: list[str] = []

    def write() -> None:
        try:
            with transaction() as session:
                session.add(Queue(name="late"))
        except OperationalError as error:
            refused.append(str(error.orig))

    with transaction() as session:
        session.add(Queue(name="first"))
        late = threading.Thread(target=write, daemon=True)
        late.start()
        late.join(10)
        assert len(refused) == 1

    write()  # whose turn it is now
    assert _queues() == {"first", "late"}


@pytest.mark.usefixtures("archive")
def test_an_error_tells_no_log_what_was_to_be_written():
    def twice() -> None:
        with transaction() as session:
            session.execute(insert(Queue), [{"name": "secret-1"}, {"name": "secret-1"}])

    with pytest.raises(IntegrityError) as refused:
        twice()

    assert "hidden" in str(refused.value)
    assert refused.value.params
    assert "('secret-1'" not in str(refused.value)


_COUNTS_UP = """
    import sys
    from sqlalchemy import text
    from db.engine import transaction
    sys.stdin.readline()
    for _ in range(100):
        with transaction() as session:
            session.execute(text("UPDATE lock SET owner = owner + 1 WHERE name = 'count'"))
"""


@pytest.mark.usefixtures("archive")
def test_two_processes_that_write_one_database_lose_nothing():
    with transaction() as session:
        session.add(Lock(name="count", owner="0", expires_at=clock.now()))
    program = [sys.executable, "-c", textwrap.dedent(_COUNTS_UP.replace("owner + 1", _PLUS_ONE))]

    children = [subprocess.Popen(program, stdin=subprocess.PIPE) for _ in range(2)]
    for child in children:
        child.communicate(b"go\n", timeout=60)

    assert [child.returncode for child in children] == [0, 0]
    with reading() as session:
        assert session.scalar(select(Lock.owner)) == "200"


_PLUS_ONE = "CAST(CAST(owner AS INTEGER) + 1 AS TEXT)"


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 6, 23), True),
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
    ],
)
def test_a_sqlite_that_can_corrupt_a_shared_file_is_refused(
    version: tuple[int, ...],
    is_safe: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
):
    module = SimpleNamespace(
        sqlite_version_info=version, sqlite_version=".".join(map(str, version))
    )
    monkeypatch.setattr(engine.importlib, "import_module", lambda _: module)

    if is_safe:
        assert engine.sqlite_module() is module
    else:
        with pytest.raises(UnsafeSqlite, match=module.sqlite_version):
            engine.sqlite_module()


def test_the_sqlite_of_this_installation_is_a_safe_one():
    assert engine.sqlite_module().sqlite_version_info > (3, 51, 2)


def test_an_archive_in_a_folder_that_is_not_there_yet_makes_it(
    tmp_path: Path, sqlite_archive: Path, monkeypatch: pytest.MonkeyPatch
):
    from tests import archives

    with archives.opened(monkeypatch, tmp_path / "deep" / "home"), transaction() as session:
        assert session.scalar(select(func.count()).select_from(text("sqlite_master"))) == 0

    assert (tmp_path / "deep" / "home" / "packshot.db").exists()


# PostgreSQL that goes away


def _backend() -> int:
    with reading() as session:
        return int(session.scalar(text("SELECT pg_backend_pid()")) or 0)


def _end_every_other_backend(pid: int) -> None:
    """What `pg_ctl stop -m immediate` does to connections, without the server's end."""
    with engine.writer().connect() as connection:
        others = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid")
        connection.execute(others, {"pid": pid})


@pytest.mark.postgres
@pytest.mark.usefixtures("postgresql_archive")
def test_a_connection_that_died_while_nobody_used_it_is_replaced_unseen():
    before = _backend()
    _end_every_other_backend(before)

    after = _backend()

    assert after != before


@pytest.mark.postgres
@pytest.mark.usefixtures("postgresql_archive")
def test_a_transaction_whose_connection_dies_raises_and_has_changed_nothing():
    def add_and_lose_the_connection() -> None:
        with transaction() as session:
            session.add(Queue(name="gpu"))
            session.flush()
            pid = session.scalar(text("SELECT pg_backend_pid()"))
            engine.dispose()  # so that the next connection is another one
            _end_every_other_backend(int(pid or 0))
            session.execute(text("SELECT 1"))

    with pytest.raises(OperationalError):
        add_and_lose_the_connection()

    assert _queues() == set()
    with transaction() as session:
        session.add(Queue(name="cpu"))
    assert _queues() == {"cpu"}


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_told_apart_from_our_own_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from tests import archives

    url = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"
    with (
        archives.opened(monkeypatch, tmp_path, url=url),
        pytest.raises(OperationalError),
        transaction() as session,
    ):
        session.execute(text("SELECT 1"))


@pytest.mark.postgres
@pytest.mark.usefixtures("impatient_archive")
def test_neither_a_statement_nor_an_idle_transaction_holds_locks_for_ever():
    with reading() as session:
        found = {
            name: session.scalar(text(f"SHOW {name}"))
            for name in ("statement_timeout", "idle_in_transaction_session_timeout")
        }

    assert found == {
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "2s",
    }


@pytest.mark.postgres
@pytest.mark.usefixtures("impatient_archive")
def test_what_does_other_work_in_between_may_idle_longer_and_the_next_may_not():
    with long_transaction() as session:
        while_long = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    with transaction() as session:
        afterwards = session.scalar(text("SHOW idle_in_transaction_session_timeout"))

    assert (while_long, afterwards) == ("1min", "2s")


@pytest.mark.postgres
@pytest.mark.usefixtures("postgresql_archive")
def test_options_in_the_url_win_and_the_others_stay():
    with reading() as session:
        idle = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
        statement = session.scalar(text("SHOW statement_timeout"))

    assert (idle, statement) == ("1min", "30s")


# What was answered


_IS_KILLED = """
    import os
    from db.engine import transaction
    from db.tables.jobs import Queue
    for name in ("one", "two"):
        with transaction() as session:
            session.add(Queue(name=name))
    with transaction() as session:
        session.add(Queue(name="never committed"))
        session.flush()
        os.kill(os.getpid(), 9)
"""


@pytest.mark.usefixtures("archive")
def test_what_was_committed_outlives_a_killed_process_and_the_rest_does_not():
    child = subprocess.run([sys.executable, "-c", textwrap.dedent(_IS_KILLED)], check=False)

    assert child.returncode == -9
    assert _queues() == {"one", "two"}
