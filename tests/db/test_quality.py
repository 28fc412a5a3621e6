"""How good what is delivered is: where scores lie by version and day, and the lowest of them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from db import clock, quality
from db.engine import reading, transaction
from db.tables.results import Result
from tests import rows
from tests.explained import plans, reads_whole

SHARES = (5, 25, 50, 75, 95)


def deliver(*scores: float | None, days_ago: int = 0, **columns: Any) -> list[str]:
    """Results with these PSNRs; their ids."""
    ids = []
    for psnr_db in scores:
        rows.queued(tenant=columns.get("tenant", "shop"))
        (job,) = rows.claim()
        row = rows.result(rows.lease_of(job), psnr_db=psnr_db, **columns)
        with transaction() as session:
            session.add(row)
        ids.append(row.id)
    if days_ago:
        at = clock.seconds_from_now(-timedelta(days=days_ago).total_seconds())
        with transaction() as session:
            session.execute(update(Result).where(Result.id.in_(ids)).values(created_at=at))
    return ids


@pytest.fixture
def delivered(home: Path) -> list[str]:
    return deliver(31.0, 29.0, 35.5, None, 40.0, model_version="a@1")


def test_scores_lie_where_numpy_says(delivered: list[str]) -> None:
    with reading() as session:
        whole, today = quality.spreads(session, "shop", "upscale", "psnr_db")

    assert (whole.version, whole.day, whole.results, whole.identical) == ("a@1", None, 5, 1)
    assert whole.at == pytest.approx(np.percentile([31.0, 29.0, 35.5, 40.0], SHARES))
    assert today.day is not None
    assert today.at == whole.at


def test_versions_and_days_are_told_apart(delivered: list[str]) -> None:
    deliver(20.0, model_version="a@1", days_ago=2)
    deliver(50.0, model_version="b@1")
    deliver(9.0, tenant="other")

    with reading() as session:
        told = quality.spreads(session, "shop", "upscale", "psnr_db")

    assert [(one.version, one.results) for one in told] == [
        ("a@1", 6), ("a@1", 5), ("a@1", 1), ("b@1", 1), ("b@1", 1),
    ]  # fmt: skip
    assert [one.day is None for one in told] == [True, False, False, True, False]


def test_the_lowest_come_first_and_what_has_no_score_does_not_come(delivered: list[str]) -> None:
    deliver(1.0, tenant="other")

    with reading() as session:
        worst = quality.worst(session, "shop", "upscale", "psnr_db", most=2)

    assert [row.psnr_db for row in worst] == [29.0, 31.0]


def test_the_newest_are_found_by_an_index(delivered: list[str]) -> None:
    with reading() as session:
        asked = plans(session, lambda s: quality.spreads(s, "shop", "upscale", "ssim"))
        asked += plans(session, lambda s: quality.worst(s, "shop", "upscale", "ssim", most=50))

    assert not [plan for plan in asked if reads_whole(plan, "result")]
    assert all("ix_result_op" in plan for plan in asked)
