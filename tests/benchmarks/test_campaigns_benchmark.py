"""What the benchmark of campaigns tells: of made-up shoppers, and of an API that it starts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scenarios import campaigns
from db import thompson

ROOT = Path(__file__).parents[2]


def test_a_simulation_tells_share_regret_and_intervals() -> None:
    share, regret, held = campaigns._simulated("two", (0.1, 0.4), seeds=3, choices=600)

    assert share.value > 0.7
    assert regret.value < 0.6
    assert 0 <= held.value <= 1
    assert {row.scenario for row in (share, regret, held)} == {"campaigns"}


def test_choosing_by_chance_is_told_as_no_better_than_chance() -> None:
    """The measure itself can fail: of a uniform choice it tells half, and its whole regret."""
    shown = campaigns._shown(campaigns._by_chance, (0.1, 0.4), 0, 2_000, 1)

    assert shown.share == pytest.approx(0.5, abs=0.05)
    assert shown.regret == pytest.approx(0.3 * 1_000, rel=0.1)


def test_what_is_told_late_is_learnt_late() -> None:
    at_once = campaigns._shown(thompson.choose, (0.1, 0.4), 0, 1_000, 1)
    at_the_end = campaigns._shown(thompson.choose, (0.1, 0.4), 0, 1_000, 1_000)

    assert at_the_end.share == pytest.approx(0.5, abs=0.06)
    assert at_once.share > 0.8


@pytest.mark.slow
def test_what_counting_costs_is_measured_through_the_api() -> None:
    words = [sys.executable, "-m", "benchmarks.scenarios._counting", "--quick"]

    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)

    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    told = {row["claim"].partition(",")[0]: row["value"] for row in rows}
    assert told["events counted of those told"] == 1
    assert told["told again"] == 1
    assert len(rows) == 6
