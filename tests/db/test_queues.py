"""What an operator sees of the queues, and holds back."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from db import clock, queues
from db.engine import reading, transaction
from db.ids import new_id
from db.queues import Depth, QueueNotFound
from db.tables.jobs import Job
from tests import rows

pytestmark = pytest.mark.usefixtures("archive")

TRAIN = {"operation": {"dataset": "shoes", "network": "vae"}}


def _depths() -> dict[str, Depth]:
    with reading() as session:
        return {depth.name: depth for depth in queues.depths(session)}


def _pause(name: str) -> None:
    with transaction() as session:
        queues.pause(session, name)


def _resume(name: str) -> None:
    with transaction() as session:
        queues.resume(session, name)


def test_an_empty_archive_has_its_queues_and_nothing_in_them():
    assert list(_depths().values()) == [
        Depth(name, queued=0, due=0, running=0, oldest_due_s=None, paused_at=None)
        for name in ("gpu", "train", "cpu")
    ]


def test_what_waits_is_told_apart_from_what_is_due_and_what_runs():
    rows.queued(scheduled_at=clock.seconds_from_now(-90))
    rows.queued(scheduled_at=clock.seconds_from_now(-30))
    rows.queued(scheduled_at=clock.seconds_from_now(3600))
    rows.queued("train", envelope=TRAIN, scheduled_at=clock.seconds_from_now(60))
    rows.claim()

    depths = _depths()

    assert (depths["gpu"].queued, depths["gpu"].due, depths["gpu"].running) == (2, 1, 1)
    assert depths["gpu"].oldest_due_s == pytest.approx(30, abs=5)
    assert (depths["train"].queued, depths["train"].due) == (1, 0)
    assert depths["train"].oldest_due_s is None


def test_jobs_that_ended_are_in_no_queue():
    rows.queued()
    rows.queued(state="cancelled", finished_at=clock.now())

    assert _depths()["gpu"].queued == 1


def test_a_paused_queue_gives_nothing_out_and_its_neighbours_go_on():
    rows.queued()
    other = rows.queued("train", envelope=TRAIN)

    _pause("gpu")

    assert rows.claim() == []
    assert [job.id for job in rows.claim(queue="train")] == [other]
    assert _depths()["gpu"].paused_at is not None
    assert _depths()["train"].paused_at is None


def test_a_resumed_queue_gives_out_what_waited():
    job_id = rows.queued()
    _pause("gpu")

    _resume("gpu")

    assert [job.id for job in rows.claim()] == [job_id]
    assert _depths()["gpu"].paused_at is None


def test_paused_twice_it_is_paused_since_the_first_time():
    _pause("gpu")
    first = _depths()["gpu"].paused_at
    assert first is not None
    with transaction() as session:
        session.get_one(queues.Queue, "gpu").paused_at = first - timedelta(hours=1)

    _pause("gpu")

    assert _depths()["gpu"].paused_at == first - timedelta(hours=1)


def test_a_pause_after_a_resume_begins_anew():
    for verb in (_pause, _resume, _resume, _pause):
        verb("cpu")

    assert _depths()["cpu"].paused_at is not None


@pytest.mark.parametrize("verb", [_pause, _resume])
def test_a_queue_that_no_job_stands_in_is_refused(verb):
    with pytest.raises(QueueNotFound, match="gpu, train, cpu"):
        verb("gpux")


def test_the_question_walks_the_indexes_of_what_is_open_and_never_the_history():
    _a_history_of(20_000)
    for _ in range(30):
        rows.queued()
    rows.claim(room=5)

    for question, index in ((queues._waiting(), "ix_job_due"), (queues._running(), "ix_job_r")):
        plan = _plan(question)
        assert index in plan, plan
        assert "Seq Scan on job" not in plan
        assert "SCAN job USING" in plan or "SCAN job" not in plan, plan


def _a_history_of(count: int) -> None:
    """Jobs that ended, as copies of one."""
    pattern = rows.read(rows.queued())
    columns = {column.key: getattr(pattern, column.key) for column in Job.__table__.columns}
    with transaction() as session:
        now = session.scalar(select(clock.now()))
        ended = {"state": "succeeded", "finished_at": now, "idempotency_key": None}
        session.execute(insert(Job), [{**columns, **ended, "id": new_id()} for _ in range(count)])
        connection = session.connection()
        connection.exec_driver_sql("ANALYZE job")


def _plan(question) -> str:
    with reading() as session:
        connection = session.connection()
        compiled = question.compile(connection, compile_kwargs={"render_postcompile": True})
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        parameters = compiled.params
        if connection.dialect.name == "sqlite":
            parameters = tuple(parameters[name] for name in compiled.positiontup or ())
        found = connection.exec_driver_sql(f"{explain} {compiled}", parameters)
        return "\n".join(str(row) for row in found)
