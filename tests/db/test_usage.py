"""A day's usage is the same before and after it was counted, and stays when its jobs go."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from db import retention, usage
from db.engine import reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.tables.jobs import Job
from db.tables.pictures import Picture
from db.tables.results import Result
from db.tables.tenants import Tenant
from db.usage import Used
from tests import explained, rows

pytestmark = pytest.mark.usefixtures("archive")
TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
SMALL = ("usage_day", "SCAN tenant", "Seq Scan on tenant")
"""What may be read whole."""


def _noon(days_ago: int) -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - days_ago * DAY


def _shop(*, days_ago: int, name: str = "shop") -> None:
    with transaction() as session:
        session.add(Tenant(name=name, created_at=_noon(days_ago)))


def _ended(state: str, days_ago: int, *, op: str = "upscale", queue: str = "gpu",
           took_s: float = 8.0, tenant: str = "shop") -> str:  # fmt: skip
    at = _noon(days_ago)
    began = at - timedelta(seconds=took_s)
    asked = {"operation": {"dataset": "d", "network": "gan"}} if op == "train" else {}
    return rows.queued(
        op, envelope=asked, tenant=tenant, queue=queue, state=state, finished_at=at,
        started_at=began,
    )  # fmt: skip


def _delivered(job_id: str, days_ago: int, *, device_ms: float, size: int) -> None:
    with transaction() as session:
        row = rows.result(Lease(job_id, "worker", 1), bytes=size, device_ms=device_ms)
        session.add(row)
        session.flush()
        session.execute(
            update(Result).where(Result.id == row.id).values(created_at=_noon(days_ago))
        )


def _taken_in(days_ago: int, size: int) -> None:
    picture_id = new_id()
    rows.picture(picture_id)
    with transaction() as session:
        values = {"created_at": _noon(days_ago), "bytes": size, "sha256": picture_id}
        session.execute(update(Picture).where(Picture.id == picture_id).values(**values))


def _used(first: int, last: int, tenant: str = "shop") -> list[Used]:
    with reading() as session:
        return list(usage.of(session, tenant, TODAY - first * DAY, TODAY - last * DAY))


def _count() -> int:
    days = 0
    while True:
        with reading() as session:
            counted = usage.uncounted(session)
        if counted is None:
            return days
        with transaction() as session:
            assert usage.keep(session, counted)
        with transaction() as session:
            assert not usage.keep(session, counted)  # as another process would
        days += 1


def _a_history() -> None:
    _shop(days_ago=3)
    for days_ago in (3, 2):
        _delivered(_ended("succeeded", days_ago), days_ago, device_ms=1500.0, size=100)
        _ended("failed", days_ago)
        _ended("succeeded", days_ago, op="train", queue="train", took_s=60.0)
    _taken_in(2, 5_000)
    _ended("succeeded", 0)


def test_a_day_tells_jobs_seconds_of_devices_and_bytes() -> None:
    _a_history()
    day = TODAY - 2 * DAY

    (pictures, *lines) = _used(2, 2)

    assert pictures == Used(day, bytes_in=5_000)
    assert [
        (one.op, one.state, one.jobs, round(one.device_s, 2), one.bytes_out) for one in lines
    ] == [
        ("train", "succeeded", 1, 60.0, 0),
        ("upscale", "", 0, 1.5, 100),
        ("upscale", "failed", 1, 0.0, 0),
        ("upscale", "succeeded", 1, 0.0, 0),
    ]


def test_counting_changes_no_figure_and_each_day_is_counted_once() -> None:
    _a_history()
    before = _used(5, 0)

    counted, again = _count(), _count()

    assert counted in (2, 3)  # yesterday's hour may not be over
    assert again == 0
    assert [round(one.device_s, 3) for one in _used(5, 0)] == [round(o.device_s, 3) for o in before]
    assert [(o.day, o.op, o.state, o.jobs, o.bytes_in) for o in _used(5, 0)] == [
        (o.day, o.op, o.state, o.jobs, o.bytes_in) for o in before
    ]


def test_what_was_counted_stays_when_the_jobs_have_gone() -> None:
    _shop(days_ago=3)
    _ended("succeeded", 3)
    _count()
    with transaction() as session:
        retention.prune_jobs(session, days=1)
    with reading() as session:
        assert session.query(Job).count() == 0

    assert [(one.op, one.jobs) for one in _used(3, 3)] == [("upscale", 1)]


def test_a_tenant_s_days_are_its_own() -> None:
    _shop(days_ago=3)
    _shop(days_ago=2, name="other")
    _ended("succeeded", 3)
    _ended("dead", 2, tenant="other")
    before = _used(5, 0, "other")
    _count()

    assert _used(5, 0, "other") == before
    assert [(one.state, one.jobs) for one in before] == [("dead", 1)]
    assert _used(9, 0, "nobody") == []


def test_days_before_and_after_all_are_empty() -> None:
    _shop(days_ago=3)
    _ended("succeeded", 2)
    _count()

    assert _used(400, 300) == []
    with reading() as session:
        assert usage.of(session, "shop", date(2990, 1, 1), date(2990, 2, 1)) == []


def test_where_there_is_no_tenant_nothing_is_counted() -> None:
    with transaction() as session:
        session.execute(delete(Tenant))

    assert _count() == 0


@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "never analysed"])
def test_a_day_is_added_up_from_its_own_rows_however_many_there_are(*, is_analysed: bool) -> None:
    _shop(days_ago=3)
    rows.history(5_000)
    if is_analysed:
        explained.analyse()

    with explained.heard() as asked, transaction() as session:
        usage.of(session, "shop", TODAY, TODAY)

    assert explained.read_whole(asked, but=SMALL) == []
    of_jobs = {name for name in explained.indexes(asked) if name.startswith("ix_job")}
    assert of_jobs == {"ix_job_finished_at"}


@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "never analysed"])
def test_who_cannot_wait_asks_for_a_few_entries_of_indexes_and_no_row(*, is_analysed: bool) -> None:
    _shop(days_ago=3)
    rows.history(5_000)
    if is_analysed:
        explained.analyse()

    with explained.heard() as asked, transaction() as session:
        told = usage.at_once(session, "shop", TODAY - DAY, TODAY, few=100)

    assert told.without == TODAY - DAY
    assert explained.read_whole(asked, but=(*SMALL, "SCAN some")) == []
    assert explained.indexes(asked) & {"ix_job_finished_at"}
    assert [one for one, _ in asked if "GROUP BY" in one or "sum(" in one] == []


def test_who_cannot_wait_is_told_all_where_it_is_little() -> None:
    _a_history()

    with reading() as session:
        told = usage.at_once(session, "shop", TODAY - 5 * DAY, TODAY)

    assert (told.without, list(told.lines)) == (None, _used(5, 0))


def test_what_is_long_to_add_up_is_left_out_and_what_was_counted_is_told() -> None:
    _a_history()
    _count()
    for _ in range(3):
        _ended("succeeded", 0)
    _delivered(_ended("succeeded", 0), 0, device_ms=1.0, size=1)

    with reading() as session:
        told = usage.at_once(session, "shop", TODAY - 5 * DAY, TODAY, few=4)
        all_of_it = usage.at_once(session, "shop", TODAY - 5 * DAY, TODAY, few=6)

    assert told.without in (TODAY, TODAY - DAY)  # yesterday's hour may not be over
    assert {one.day for one in told.lines} == {TODAY - 2 * DAY, TODAY - 3 * DAY}
    assert (all_of_it.without, list(all_of_it.lines)) == (None, _used(5, 0))
