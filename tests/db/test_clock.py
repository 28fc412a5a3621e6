"""The database's own clock, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import literal, select
from sqlalchemy.exc import StatementError

from db import clock, settings
from db.engine import reading
from tests import rows

pytestmark = pytest.mark.usefixtures("archive")


def _read(column: object) -> datetime:
    with reading() as session:
        found: datetime = session.scalar(select(column))  # type: ignore[call-overload]
    return found


def test_now_is_this_moment_in_utc():
    now = _read(clock.now())

    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("seconds", [0.25, 60, -60, -0.5, 86_400.125, -3_000_000, 600])
def test_seconds_are_added_and_taken_away(seconds: float):
    with reading() as session:
        now, then = session.execute(select(clock.now(), clock.seconds_from_now(seconds))).one()

    assert (then - now).total_seconds() == pytest.approx(seconds, abs=0.002)


def test_a_columns_own_seconds_are_added():
    with reading() as session:
        now, then = session.execute(
            select(clock.now(), clock.seconds_from_now(literal(1.5) * 2))
        ).one()

    assert (then - now).total_seconds() == pytest.approx(3, abs=0.002)


def test_times_compare_as_times_to_the_millisecond():
    early, late = clock.seconds_from_now(-0.01), clock.seconds_from_now(0.01)

    with reading() as session:
        assert session.scalar(select(early < clock.now()))
        assert session.scalar(select(clock.now() < late))


def test_a_stored_time_compares_with_the_clock():
    job_id = rows.queued()
    rows.change(job_id, scheduled_at=datetime.now(UTC) + timedelta(seconds=30))
    assert rows.claim() == []

    rows.change(job_id, scheduled_at=datetime.now(UTC) - timedelta(seconds=1))
    assert len(rows.claim()) == 1


def test_a_time_of_another_zone_is_stored_as_the_same_moment():
    job_id = rows.queued()
    moment = datetime.fromisoformat("2030-06-01T12:00:00.000001+05:30")

    rows.change(job_id, deadline_at=moment)

    stored = rows.read(job_id).deadline_at
    assert stored == moment
    assert stored is not None
    assert stored.utcoffset() == timedelta(0)


def test_a_time_without_its_zone_is_refused():
    job_id = rows.queued()

    with pytest.raises(StatementError, match="zone"):
        rows.change(job_id, deadline_at=datetime(2030, 1, 1))  # noqa: DTZ001


def test_a_shifted_process_takes_another_moment_for_now(monkeypatch: pytest.MonkeyPatch):
    before = _read(clock.now())
    monkeypatch.setenv("DB_CLOCK_OFFSET_S", "90")
    settings.get.cache_clear()

    now, then, columns = (
        _read(clock.now()),
        _read(clock.seconds_from_now(10)),
        _read(clock.seconds_from_now(literal(5.0) * 2)),
    )

    assert (now - before).total_seconds() == pytest.approx(90, abs=2)
    assert (then - before).total_seconds() == pytest.approx(100, abs=2)
    assert (columns - before).total_seconds() == pytest.approx(100, abs=2)
