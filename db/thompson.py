"""Thompson sampling of successes per trial: what to believe of an arm, and which to try next.

Chapelle & Li 2011, "An Empirical Evaluation of Thompson Sampling": an arm's rate is Beta(1, 1)
before anything was seen, and Beta(1 + successes, 1 + failures) then. A choice draws a rate of each
arm and takes the highest, so that an arm is tried as often as it may still be the best. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from random import Random
from typing import Final

DRAWS: Final = 2_000
"""Of `best`: an error of 0.011 at most, one standard deviation."""
_STEPS: Final = 1_000
_REACH: Final = 12.0
"""Standard deviations around the mean beyond which nothing is looked for."""


@dataclass(frozen=True, slots=True)
class Belief:
    """A Beta distribution: how likely each rate in [0, 1] is."""

    a: float = 1.0
    b: float = 1.0

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def deviation(self) -> float:
        whole = self.a + self.b
        return sqrt(self.a * self.b / (whole * whole * (whole + 1.0)))

    def between(self, share: float = 0.95) -> tuple[float, float]:
        """The rates below and above which as much is left, with this share between them.

        By the midpoint rule over the part that matters; agrees with SciPy to 1e-3 of a deviation.
        """
        low = max(0.0, self.mean - _REACH * self.deviation)
        step = (min(1.0, self.mean + _REACH * self.deviation) - low) / _STEPS
        rates = [low + (number + 0.5) * step for number in range(_STEPS)]
        weights = [self._density(rate) for rate in rates]
        left = (1.0 - share) / 2.0 * sum(weights)
        below = _crossed(weights, left)
        above = _STEPS - _crossed(weights[::-1], left)
        return low + below * step, low + above * step

    def draw(self, chance: Random) -> float:
        return chance.betavariate(self.a, self.b)

    def _density(self, rate: float) -> float:
        scale = lgamma(self.a + self.b) - lgamma(self.a) - lgamma(self.b)
        return exp(scale + (self.a - 1.0) * log(rate) + (self.b - 1.0) * log(1.0 - rate))


def believed(successes: int, trials: int) -> Belief:
    """What to believe after this; a success whose trial nobody told of is taken for a trial too."""
    return Belief(1.0 + successes, 1.0 + max(0, trials - successes))


def choose(beliefs: Sequence[Belief], chance: Random) -> int:
    """The place of the arm to try next.

    Raises:
        ValueError: there is no arm.
    """
    if not beliefs:
        raise ValueError("expected one arm or more")
    drawn = [belief.draw(chance) for belief in beliefs]
    return drawn.index(max(drawn))


def best(beliefs: Sequence[Belief], chance: Random, draws: int = DRAWS) -> list[float]:
    """How likely each is to be the best: the share of draws that it wins."""
    if not beliefs:
        return []
    won = [0] * len(beliefs)
    for _ in range(draws):
        won[choose(beliefs, chance)] += 1
    return [wins / draws for wins in won]


def _crossed(weights: Sequence[float], least: float) -> float:
    """After how many steps, and parts of one, the weights add up to this."""
    passed = 0.0
    for number, weight in enumerate(weights):
        if passed + weight >= least:
            return number + (least - passed) / weight
        passed += weight
    return float(len(weights))
