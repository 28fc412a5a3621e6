"""Patterns are pictures, each another one, and the same from the same chance."""

import torch

from models.data import patterns


def chance() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_patterns_are_pictures() -> None:
    drawn = patterns.drawn(32, chance(), side=40)

    assert drawn.shape == (32, 3, 40, 40)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert (drawn.flatten(1).std(1) > 1e-3).float().mean() > 0.8


def test_the_same_chance_draws_the_same() -> None:
    assert torch.equal(patterns.drawn(4, chance(), side=24), patterns.drawn(4, chance(), side=24))
