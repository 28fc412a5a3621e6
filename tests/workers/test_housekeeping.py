"""A round of the housekeeping: what it does, and that one broken step stops no other."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from db import blobs, clock, retention, settings
from db.blobs import StoreUnavailable
from db.engine import reading
from db.tables.jobs import Job
from tests import kept, rows
from workers import housekeeping


def _jobs() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def _old_job() -> str:
    job_id = rows.queued()
    ended = clock.seconds_from_now(-40 * retention.DAY_S)
    rows.change(job_id, state="cancelled", finished_at=ended)
    return job_id


@pytest.fixture
def keep_for_30_days(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_KEEP_JOBS_DAYS", "30")
    settings.get.cache_clear()


@pytest.mark.usefixtures("home")
def test_jobs_are_kept_for_ever_unless_somebody_says_otherwise():
    _old_job()

    housekeeping.tidy()

    assert _jobs() == 1


@pytest.mark.usefixtures("keep_for_30_days")
def test_a_round_goes_on_until_there_is_no_more_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "MOST", 2)
    for _ in range(5):
        _old_job()

    housekeeping.tidy()

    assert _jobs() == 0


@pytest.mark.usefixtures("keep_for_30_days")
def test_a_round_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "MOST", 2)
    monkeypatch.setattr(housekeeping, "ROUND_S", 0.0)
    for _ in range(5):
        _old_job()

    housekeeping.tidy()

    assert _jobs() == 3


@pytest.mark.usefixtures("keep_for_30_days")
def test_a_store_that_is_away_keeps_no_row_here(monkeypatch: pytest.MonkeyPatch):
    _old_job()
    blobs.put(rows.TENANT, b"garbage")
    kept.a_day_passes()

    def away(_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(blobs.store(), "delete", away)
        housekeeping.tidy()
    assert _jobs() == 0
    assert kept.is_kept(b"garbage")

    housekeeping.tidy()
    assert not kept.is_kept(b"garbage")


@pytest.mark.usefixtures("home")
def test_bytes_that_nobody_named_for_a_day_go():
    blobs.put(rows.TENANT, b"garbage")
    kept.picture(b"shoe")
    kept.a_day_passes()

    housekeeping.tidy()

    assert not kept.is_kept(b"garbage")
    assert kept.is_kept(b"shoe")
