"""The next trial follows from those that are told, and from nothing else."""

import math
import sys

import pytest

from models.failures import CannotDo
from models.training.searching import Between, OneOf, Told, best, following

SPACE = {
    "rate": Between(1e-4, 1e-1, by_log=True),
    "images": Between(10, 1_000, by_log=True, is_whole=True),
    "batch": OneOf((8, 16)),
}


def told(count: int, state="complete") -> list[Told]:
    """Of a search in which a high rate is better."""
    pytest.importorskip("optuna")
    found: list[Told] = []
    for _ in range(count):
        parameters = following(SPACE, found, seed=3).parameters
        value = parameters["rate"] if state == "complete" else None
        found.append(Told(parameters, state, value, (0.0,)))
    return found


def test_every_setting_is_within_its_range_and_of_its_kind():
    for one in told(12):
        assert 1e-4 <= one.parameters["rate"] <= 1e-1
        assert isinstance(one.parameters["images"], int)
        assert one.parameters["batch"] in (8, 16)


def test_the_same_trials_and_seed_give_the_same_next_one():
    over = told(7)

    assert following(SPACE, over, seed=3).parameters == following(SPACE, over, seed=3).parameters
    assert following(SPACE, over, seed=3).parameters != following(SPACE, over, seed=4).parameters


def test_later_trials_are_better_than_those_drawn_by_chance():
    powers = [math.log10(one.parameters["rate"]) for one in told(24)]

    assert sum(powers[12:]) / 12 > -2.5 + 0.4  # which is the mean by chance


def test_a_trial_that_was_begun_goes_on_with_its_own_settings():
    given = {"rate": 0.05, "images": 11, "batch": 8}

    assert following(SPACE, told(2), seed=3, given=given).parameters == given


def test_what_falls_behind_the_median_is_ended_but_not_in_its_first_epoch():
    pytest.importorskip("optuna")
    over = [
        Told({"rate": 0.01, "images": 20, "batch": 8}, "complete", 30.0, (10.0, 20.0, 30.0))
    ] * 4
    behind, level = (following(SPACE, over, seed=0) for _ in range(2))

    assert not behind.is_behind(1, 1.0)
    assert behind.is_behind(2, 2.0)
    assert not level.is_behind(2, 21.0)


def test_failed_and_ended_trials_may_be_told():
    following(SPACE, told(3, "failed") + told(2, "pruned"), seed=0)


def test_the_best_is_the_first_of_the_highest_that_is_complete():
    parameters = {"rate": 0.01}
    over = [
        Told(parameters, "failed", None),
        Told(parameters, "complete", 1.0),
        Told(parameters, "complete", 2.0),
        Told(parameters, "complete", 2.0),
        Told(parameters, "pruned", None, (9.0,)),
    ]

    assert best(over) == 2
    assert best(over[:1]) is None


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(CannotDo, match=r"packshot\[tuning\]"):
        following(SPACE, [], seed=0)
