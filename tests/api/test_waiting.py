"""Waiting for a job's end, many at once, without a thread each."""

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import event

from api import waiting
from api.waiting import Waiting, preferred_s
from db import engine, settings
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
        house = Waiting()
        waits = [asyncio.create_task(house.until_over("shop", job_id, 20)) for _ in range(100)]
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
        house = Waiting()
        over = await house.until_over("shop", job_id, 0.2)
        await asyncio.sleep(waiting.LOOK_EVERY_S * 3)
        assert house._looking is not None
        return over, house._looking.done()

    assert asyncio.run(story()) == (False, True)


def test_a_job_that_is_not_there_is_not_waited_for(home: Path) -> None:
    async def story() -> bool:
        return await Waiting().until_over("shop", "none", 20)

    assert asyncio.run(story()) is True


def test_one_narrow_question_is_asked_however_many_wait(home: Path) -> None:
    over, still_open = rows.queued(), rows.queued()
    _end(over)
    asked: list[str] = []
    reader = engine._reader(settings.get().database_url())
    event.listen(reader, "before_cursor_execute", lambda *told: asked.append(told[2]))

    found = waiting._over([("shop", over), ("shop", still_open), ("other", still_open)])

    assert found == [("shop", over), ("other", still_open)]
    (question,) = (statement for statement in asked if statement != "BEGIN")
    assert "request" not in question


def test_a_database_that_fails_is_told_to_whoever_waits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(waiting, "reading", broken)

    async def story() -> None:
        await Waiting().until_over("shop", "j", 20)

    with pytest.raises(ConnectionError):
        asyncio.run(story())


def _end(job_id: str) -> None:
    rows.change(job_id, state=SUCCEEDED, finished_at=rows.read(job_id).created_at)
