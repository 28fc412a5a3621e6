"""Scores of what serves are watched: what shifts is told once, what does not is left alone."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from sqlalchemy import insert, select

from db import endpoints, score_watch, secrets, two_samples, versions
from db.engine import long_transaction, reading, transaction
from db.tables.deliveries import Delivery
from db.tables.results import Result
from db.tables.tenants import Tenant
from db.tables.watches import ScoreWatch
from tests import rows
from tests.rows import TENANT

OVER = 40
LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""After whatever begins now."""


@pytest.fixture
def version(sqlite_archive: Path) -> str:
    """The label of a version that serves."""
    values = {"network": "upscaler", "state": "serving", "weights_key": "0" * 64, "card": "{}"}
    with transaction() as session:
        found = versions.add(session, tenant=TENANT, name="sharp", **values).label
    look()
    return found


def look() -> list[str]:
    with transaction() as session:
        return score_watch.look(session, TENANT, over=OVER)


def delivered(count: int, *, label: str, mean: float, first: int, seed: int = 0) -> None:
    """So many results of a version, a second apart, with normal scores."""
    chance = random.Random(seed * 1000 + first)
    lease = rows.running()
    of_first = rows.result(lease, model_version=label)
    pattern = {column.key: getattr(of_first, column.key) for column in Result.__table__.columns}
    pattern |= {"visibility": "published", "identical": False, "product_identical": False}
    pattern |= {"protected_identical": False, "unproven": False}
    made = [
        {
            **pattern,
            "id": f"{seed:04d}-{first + number:08d}",
            "ordinal": number,
            "psnr_db": chance.gauss(mean, 2.0),
            "ssim": chance.gauss(0.9, 0.02),
            "created_at": LATER + timedelta(seconds=first + number),
        }
        for number in range(count)
    ]
    with long_transaction() as session:
        session.execute(insert(Result), made)


def watched(label: str) -> ScoreWatch:
    with reading() as session:
        return session.get_one(ScoreWatch, (TENANT, label))


def test_shifted_scores_are_an_alarm_once(version: str) -> None:
    delivered(2 * OVER, label=version, mean=35, first=0)
    unchanged = look()
    delivered(OVER, label=version, mean=31, first=1000)
    first = look()
    delivered(OVER, label=version, mean=31, first=2000)
    again = look()

    told = watched(version)
    assert (unchanged, first, again) == ([], [version], [])
    assert told.drifted_at is not None
    assert told.told is not None
    assert {name: one["drifted"] for name, one in told.told.items()} == {
        "psnr_db": True,
        "ssim": False,
    }
    assert told.told["psnr_db"]["then"] == pytest.approx(35, abs=1)
    assert told.told["psnr_db"]["now"] == pytest.approx(31, abs=1)


def test_an_alarm_ends_when_scores_are_what_they_were(version: str) -> None:
    for first, mean in ((0, 35), (1000, 31), (2000, 35)):
        delivered(OVER, label=version, mean=mean, first=first)
        look()

    assert watched(version).drifted_at is None


def test_scores_that_stay_are_no_alarm_whatever_the_chance(version: str) -> None:
    """Windows by themselves, as the rows would make them: the whole table takes too long."""
    alarms = windows = 0
    for seed in range(200):
        chance = random.Random(seed)
        baseline, *others = (_window(chance, mean=35) for _ in range(4))
        told = [score_watch.compare(baseline, one) for one in others]
        alarms += sum(any(one["drifted"] for one in scores.values()) for scores in told)
        windows += len(others)

    assert alarms / windows <= 0.005  # of 600 windows; 0.001 is aimed at


def test_a_shift_of_a_standard_deviation_is_seen(version: str) -> None:
    seen = 0
    for seed in range(100):
        chance = random.Random(seed)
        baseline, shifted = _window(chance, mean=35), _window(chance, mean=33)
        seen += any(one["drifted"] for one in score_watch.compare(baseline, shifted).values())

    assert seen >= 98


def _window(chance: random.Random, *, mean: float) -> dict[str, Any]:
    return {
        "results": score_watch.OVER,
        "psnr_db": [chance.gauss(mean, 2.0) for _ in range(score_watch.OVER)],
        "ssim": [chance.gauss(0.9, 0.02) for _ in range(score_watch.OVER)],
    }


def test_a_score_that_few_have_is_not_compared() -> None:
    baseline = {"results": 100, "psnr_db": [float(n) for n in range(100)], "ssim": [0.1] * 49}
    window = {"results": 100, "psnr_db": [float(n) for n in range(100)], "ssim": [0.9] * 49}

    assert set(score_watch.compare(baseline, window)) == {"psnr_db"}


def test_a_webhook_hears_of_it_each_time_anew(version: str) -> None:
    secrets.ensure_local_key()
    with transaction() as session:
        endpoints.add(
            session, TENANT, url="https://hooks.example/told", events=[], description=None
        )
    for first, mean in enumerate((35, 31, 35, 31)):
        delivered(OVER, label=version, mean=mean, first=1000 * first)
        look()

    with reading() as session:
        told = list(session.scalars(select(Delivery).where(Delivery.event == "version.drifted")))
    assert len(told) == 2
    body = json.loads(told[0].body)
    assert (body["type"], body["data"]["version"]) == ("version.drifted", version)
    assert set(body["data"]["scores"]) == {"psnr_db"}


def test_a_promotion_begins_anew(version: str) -> None:
    delivered(OVER, label=version, mean=35, first=0)
    look()
    values = {"network": "upscaler", "state": "serving", "weights_key": "1" * 64, "card": "{}"}
    with transaction() as session:
        newer = versions.add(session, tenant=TENANT, name="sharper", **values).label
    delivered(OVER, label=newer, mean=31, first=1000)
    delivered(OVER, label=version, mean=20, first=2000)

    assert look() == []  # what serves no more is nobody's alarm

    assert watched(newer).baseline is not None
    with reading() as session:
        assert [one.label for one in score_watch.of(session, TENANT)] == [version, newer]


def test_every_shop_is_looked_at(version: str) -> None:
    with transaction() as session:
        if session.get(Tenant, TENANT) is None:
            session.add(Tenant(name=TENANT, created_at=datetime.now(UTC)))
    for first, mean in ((0, 35), (1000, 30)):
        delivered(OVER, label=version, mean=mean, first=first)

    with transaction() as session:
        assert score_watch.look_everywhere(session, over=OVER) == 1
        assert score_watch.drifted(session) == 1


@pytest.mark.parametrize(("shift", "count"), [(0.0, 100), (0.3, 100), (0.5, 60), (1.0, 50)])
def test_the_test_agrees_with_scipy(shift: float, count: int) -> None:
    chance = random.Random(7)
    one = [chance.gauss(0, 1) for _ in range(count)]
    other = [chance.gauss(shift, 1) for _ in range(count)]

    found, expected = two_samples.compare(one, other), stats.ks_2samp(one, other)

    assert found.statistic == pytest.approx(expected.statistic, abs=1e-12)
    assert found.p == pytest.approx(expected.pvalue, rel=0.35)


def test_ties_count_as_one_step() -> None:
    assert two_samples.compare([1, 1, 1, 2], [1, 1, 1, 2]).statistic == 0
    assert two_samples.compare([1], [2]).statistic == 1
