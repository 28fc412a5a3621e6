"""Copies of training pictures are found, and shown beside what they were copied from."""

import math

import pytest
import torch

from models.metrics.memorisation import memorisation

TRAINING = torch.arange(0.0, 100, 10)[:, None]
"""Features of ten pictures, on a line."""


def normal(rows: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, 4, generator=torch.Generator().manual_seed(seed))


def test_the_ratio_is_that_of_the_median_distances():
    samples, held_out = torch.tensor([[0.0], [22], [33]]), torch.tensor([[14.0], [42], [98]])

    found = memorisation(samples, held_out, TRAINING)

    assert found.ratio == pytest.approx(2 / 4)
    assert found.is_copying


def test_what_a_sample_may_be_a_copy_of_can_be_looked_at():
    found = memorisation(torch.tensor([[1.0], [22], [33]]), TRAINING + 1, TRAINING)

    assert found.samples.rows[:, 0].tolist() == [0, 2, 3]
    assert found.samples.distances[:, 0].tolist() == [1, 2, 3]
    assert found.held_out.rows[:, 0].tolist() == list(range(10))


def test_new_pictures_of_the_same_kind_are_as_near_as_held_out_ones():
    found = memorisation(normal(1000), normal(1000, seed=1), normal(3000, seed=2))

    assert found.ratio == pytest.approx(1, abs=0.06)
    assert not found.is_copying


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_copies_are_found_also_below_a_little_noise(noise):
    training = normal(3000, seed=2)
    copies = training[:1000] + noise * normal(1000, seed=3)

    found = memorisation(copies, normal(1000, seed=1), training)

    assert found.is_copying
    assert found.samples.rows[:, 0].eq(torch.arange(1000)).sum() > 900


def test_where_held_out_pictures_are_copies_themselves_there_is_no_measure():
    new = memorisation(TRAINING + 1, TRAINING, TRAINING)
    copied = memorisation(TRAINING, TRAINING, TRAINING)

    assert new.ratio == math.inf
    assert math.isnan(copied.ratio)
    assert not copied.is_copying
