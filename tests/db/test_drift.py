"""What serves is watched: the first results of a version beside its last."""

from datetime import timedelta

import pytest

from db import clock, drift, promotions, versions
from db.drift import Drift
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.all import Result
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")

GOOD, WORSE = (30.0, 31.0, 32.0), (26.0, 27.0, 28.0)


@pytest.fixture
def serving() -> str:
    """The label of what serves."""
    with transaction() as session:
        made = versions.add(
            session, tenant=TENANT, name="shoes", network="vae", state="candidate",
            weights_key=new_id(), card="{}",
        )  # fmt: skip
        promotions.promote(session, TENANT, made.id, by=None, force=True)
        return made.label


def delivered(label: str, *decibels: float | None, tenant: str = TENANT) -> None:
    """Results of a version, one second after the other; the first an hour from now."""
    job_id = rows.queued(tenant=tenant)
    rows.claim()
    lease = rows.lease_of(rows.read(job_id))
    with transaction() as session:
        there = session.query(Result).count()
        for number, psnr_db in enumerate(decibels, there):
            row = rows.result(lease, tenant=tenant, model_version=label, psnr_db=psnr_db)
            row.ordinal, row.created_at = number, clock.seconds_from_now(3600 + number)
            session.add(row)


def found(*, over: int = 3, after_s: float | None = None) -> Drift | None:
    with reading() as session:
        now = session.scalars(clock.now().select()).one()
        after = None if after_s is None else now + timedelta(seconds=after_s)
        return drift.of(session, TENANT, "vae", over=over, known_since=now, after=after)


def test_results_that_have_become_worse_are_told_with_how_sure_that_is(serving: str) -> None:
    delivered(serving, *GOOD, 29.0, *WORSE)

    told = found()

    assert told is not None
    assert (told.version, told.then_db, told.now_db, told.results) == (serving, 31.0, 27.0, 3)
    assert told.error_db == pytest.approx((2 / 3) ** 0.5)  # variances of 1, of three each
    assert told.is_sure


def test_what_is_as_it_was_is_not_sure(serving: str) -> None:
    delivered(serving, *GOOD, 30.5, 31.5, 29.5)

    told = found()

    assert told is not None
    assert not told.is_sure


def test_too_few_results_say_nothing_and_none_is_counted_twice(serving: str) -> None:
    delivered(serving, *GOOD, *WORSE[:2])

    assert found() is None


def test_other_versions_other_shops_and_results_without_a_score_do_not_count(serving: str) -> None:
    delivered(serving, *GOOD, None, None, None)
    delivered("others@1", *WORSE)
    delivered(serving, *WORSE, tenant="another")

    assert found() is None


def test_after_a_moment_only_younger_results_speak(serving: str) -> None:
    delivered(serving, *GOOD, *WORSE)

    assert found() is not None
    assert found(after_s=3700.0) is None


def test_what_served_before_says_nothing_of_what_serves_now(serving: str) -> None:
    with transaction() as session:
        promotions.roll_back(session, TENANT, "vae", by=None)
    delivered(serving, *GOOD, *WORSE)

    assert found() is None
