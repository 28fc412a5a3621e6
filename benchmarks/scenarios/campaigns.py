"""Campaigns: how soon the better creative is shown, what is lost until then, and what it costs."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.scenarios.row import Row
from db import thompson
from db.thompson import Belief, believed

RATES: Final = (0.05, 0.08)
MANY_RATES: Final = (*(0.05 for _ in range(15)), 0.08)
_WITHIN_S: Final = 600
Chooser = Callable[[Sequence[Belief], Random], int]


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of one campaign of shoppers that a seed made up.

    Attributes:
        share: of its choices that went to the best arm.
        regret: clicks that showing it always would have brought beside what was chosen.
        held: of its arms, whose 95 % interval holds their own rate.
    """

    share: float
    regret: float
    held: float


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — as every scenario has it
    """Simulated shoppers first; then a real archive and a real API in a process of their own."""
    seeds, choices = (5, 4_000) if quick else (20, 20_000)
    yield from _simulated("two arms, 5 % and 8 %", RATES, seeds, choices)
    yield from _simulated("sixteen arms, one of 8 %, others 5 %", MANY_RATES, seeds, choices)
    yield from _simulated("two arms, told 500 at a time", RATES, seeds, choices, every=500)
    yield from _costs(*(("--quick",) if quick else ()))


def _simulated(
    what: str, rates: Sequence[float], seeds: int, choices: int, *, every: int = 1
) -> Iterator[Row]:
    ours = [_shown(thompson.choose, rates, seed, choices, every) for seed in range(seeds)]
    theirs = [_shown(_by_chance, rates, seed, choices, every) for seed in range(seeds)]
    regret = sum(one.regret for one in ours) / sum(one.regret for one in theirs)
    told = f"{what}, {choices} choices, {seeds} seeds"
    share = sum(one.share for one in ours) / seeds
    by_chance = 1 / len(rates)
    yield Row("campaigns", f"share of the best: {told}", share, "", f"> {by_chance:g}")
    yield Row("campaigns", f"regret beside a uniform choice: {told}", regret, "×", "< 1")
    held = sum(one.held for one in ours) / seeds
    yield Row("campaigns", f"95 % intervals that hold the rate: {told}", held, "", "")


def _shown(chooser: Chooser, rates: Sequence[float], seed: int, choices: int, every: int) -> Shown:
    """One campaign; what happened is told `every` so many choices."""
    chance, best = Random(seed), max(rates)  # noqa: S311 — made-up shoppers
    shown, clicked = [0] * len(rates), [0] * len(rates)
    beliefs: list[Belief] = [Belief()] * len(rates)
    waiting: set[int] = set()
    for number in range(choices):
        arm = chooser(beliefs, chance)
        shown[arm] += 1
        clicked[arm] += chance.random() < rates[arm]
        waiting.add(arm)
        if number % every == every - 1:
            for changed in waiting:
                beliefs[changed] = believed(clicked[changed], shown[changed])
            waiting.clear()
    ends = [believed(c, n).between() for c, n in zip(clicked, shown, strict=True)]
    return Shown(
        share=sum(n for n, rate in zip(shown, rates, strict=True) if rate == best) / choices,
        regret=sum(n * (best - rate) for n, rate in zip(shown, rates, strict=True)),
        held=sum(low <= rate <= high for (low, high), rate in zip(ends, rates, strict=True))
        / len(rates),
    )


def _by_chance(beliefs: Sequence[Belief], chance: Random) -> int:
    return chance.randrange(len(beliefs))


def _costs(*words: str) -> Iterator[Row]:
    """What another process measured, which lives under settings of its own."""
    command = [sys.executable, "-m", "benchmarks.scenarios._counting", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=True)
    for line in ended.stdout.splitlines():
        yield Row(**json.loads(line))
