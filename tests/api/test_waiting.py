"""Waiting for a job's end, many at once, without a thread each."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import event

from api import watching
from api.waiting import preferred_s, until_over
from api.watching import Topic, Watch
from db import engine, settings
from db.changes import Gone, JobMark, JobSeen
from db.tables.jobs import SUCCEEDED
from tests import rows


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=10", 10.0),
        ("respond-async, wait=5", 5.0),
        ("Wait = 3; foo=bar", 3.0),
        ('wait="7"', 7.0),
        ("wait=0", 0.0),
        ("", None),
        ("wait", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=soon", None),
        ("await=5", None),
        ("wait=" + "9" * 400, None),
    ],
)
def test_a_preference_is_read_or_passed_over(prefer: str, seconds: float | None) -> None:
    assert preferred_s(prefer) == seconds


def test_a_hundred_wait_for_one_job_and_none_longer_than_it_takes(home: Path) -> None:
    job_id = rows.queued()

    async def story() -> tuple[list[bool], float]:
        watch = Watch()
        waits = [asyncio.create_task(until_over(watch, "shop", job_id, 20)) for _ in range(100)]
        await asyncio.sleep(0.2)
        await asyncio.to_thread(_end, job_id)
        ended = time.monotonic()
        over = await asyncio.gather(*waits)
        return over, time.monotonic() - ended

    over, late_s = asyncio.run(story())

    assert over == [True] * 100
    assert late_s < 2


def test_whoever_waits_in_vain_is_told_in_time_and_nobody_looks_any_more(home: Path) -> None:
    job_id = rows.queued()

    async def story() -> tuple[bool, bool]:
        watch = Watch()
        over = await until_over(watch, "shop", job_id, 0.2)
        await asyncio.sleep(watching.LOOK_EVERY_S * 3)
        assert watch._looking is not None
        return over, watch._looking.done()

    assert asyncio.run(story()) == (False, True)


def test_a_job_that_is_not_there_is_not_waited_for(home: Path) -> None:
    async def story() -> bool:
        return await until_over(Watch(), "shop", "none", 20)

    assert asyncio.run(story()) is True


def test_one_narrow_question_is_asked_of_what_has_not_changed(home: Path) -> None:
    still_open, over = rows.queued(), rows.queued()
    _end(over)
    marks = {("shop", still_open): JobMark(1), ("shop", over): JobMark(2)}
    asked: list[str] = []
    reader = engine._reader(settings.get().database_url())
    event.listen(reader, "before_cursor_execute", lambda *told: asked.append(told[2]))

    found = watching._news({Topic("job", *key): mark for key, mark in marks.items()})

    assert found == {}
    (question,) = (statement for statement in asked if statement != "BEGIN")
    assert "progress" not in question


def test_another_tenants_job_is_as_one_that_is_not_there(home: Path) -> None:
    job_id = rows.queued()
    mine, theirs = Topic("job", "shop", job_id), Topic("job", "other", job_id)

    found = watching._news({mine: JobMark(), theirs: JobMark()})

    assert isinstance(found[mine][1][0], JobSeen)
    assert isinstance(found[theirs][1][0], Gone)


def test_a_database_that_fails_is_told_to_whoever_waits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(watching, "reading", broken)

    async def story() -> None:
        await until_over(Watch(), "shop", "j", 20)

    with pytest.raises(ConnectionError):
        asyncio.run(story())


def _end(job_id: str) -> None:
    rows.change(job_id, state=SUCCEEDED, finished_at=rows.read(job_id).created_at, revision=2)
