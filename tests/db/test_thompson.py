"""Thompson sampling: beliefs agree with SciPy, and the better arm gets the larger share."""

from collections.abc import Callable
from random import Random

import pytest
from scipy import stats

from db import thompson
from db.thompson import Belief, believed

SEEDS = range(8)
ROUNDS = 1_500
RATES = (0.04, 0.05, 0.10)
Chooser = Callable[[list[Belief], Random], int]


def _uniform(beliefs: list[Belief], chance: Random) -> int:
    return chance.randrange(len(beliefs))


def _simulated(chooser: Chooser, seed: int, *, every: int = 1) -> tuple[list[int], float]:
    """How often each arm was shown, and the clicks lost beside showing the best one always.

    What happened is told `every` so many rounds only, as a shop that sends its events in batches.
    """
    chance = Random(seed)
    shown, clicked, beliefs = [0] * len(RATES), [0] * len(RATES), [Belief()] * len(RATES)
    for number in range(ROUNDS):
        if number % every == 0:
            beliefs = [believed(c, n) for c, n in zip(clicked, shown, strict=True)]
        arm = chooser(beliefs, chance)
        shown[arm] += 1
        clicked[arm] += chance.random() < RATES[arm]
    regret = sum(n * (max(RATES) - rate) for n, rate in zip(shown, RATES, strict=True))
    return shown, regret


@pytest.mark.parametrize("every", [1, 100])
def test_the_better_arm_gets_the_larger_share_and_less_is_lost_than_by_turns(every: int) -> None:
    found = [_simulated(thompson.choose, seed, every=every) for seed in SEEDS]
    by_turns = [_simulated(_uniform, seed, every=every) for seed in SEEDS]

    assert [max(range(3), key=shown.__getitem__) for shown, _ in found] == [2] * len(SEEDS)
    assert all(ours < theirs for (_, ours), (_, theirs) in zip(found, by_turns, strict=True))
    assert sum(regret for _, regret in found) < 0.5 * sum(regret for _, regret in by_turns)


def test_arms_that_are_equal_are_shown_about_as_often() -> None:
    chance, won = Random(0), [0, 0]
    for _ in range(4_000):
        won[thompson.choose([believed(30, 600), believed(30, 600)], chance)] += 1

    assert stats.binomtest(won[0], 4_000).pvalue > 0.001


def test_how_often_an_arm_is_chosen_is_how_likely_it_is_the_best() -> None:
    """Of two arms that is known in another way: by integrating over one of them."""
    first, second = believed(12, 100), believed(8, 100)
    one, other = stats.beta(first.a, first.b), stats.beta(second.a, second.b)
    likely = other.expect(one.sf)

    told = thompson.best([first, second], Random(1), draws=20_000)

    assert sum(told) == 1.0
    assert told[0] == pytest.approx(likely, abs=0.015)


@pytest.mark.parametrize(
    ("successes", "trials"),
    [
        (0, 0),
        (0, 1),
        (1, 1),
        (0, 1_000),
        (3, 10),
        (50, 1_000),
        (500, 500),
        (1, 10**6),
        (10**5, 10**6),
    ],
)
def test_mean_and_interval_agree_with_scipy(successes: int, trials: int) -> None:
    belief = believed(successes, trials)
    known = stats.beta(1 + successes, 1 + trials - successes)

    assert belief.mean == pytest.approx(known.mean())
    assert belief.deviation == pytest.approx(known.std())
    for found, wanted in zip(belief.between(0.95), known.ppf([0.025, 0.975]), strict=True):
        assert found == pytest.approx(wanted, abs=1e-3 * belief.deviation)


def test_a_click_whose_impression_nobody_told_of_is_an_impression_too() -> None:
    assert believed(5, 3) == believed(5, 5)


def test_of_no_arm_none_is_chosen() -> None:
    assert thompson.best([], Random(0)) == []
    with pytest.raises(ValueError, match="one arm"):
        thompson.choose([], Random(0))
