"""How far samples lie apart is measured beside how far real pictures do."""

import math

import pytest
import torch
from scipy.spatial.distance import pdist

from models.metrics.spread import spread_ratio


def normal(rows: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, 4, generator=torch.Generator().manual_seed(seed))


def test_it_is_about_the_mean_over_all_pairs():
    a, b = normal(300), 2 * normal(400, seed=1)

    found = spread_ratio(a, b, pairs=20_000)

    assert found == pytest.approx(pdist(a.numpy()).mean() / pdist(b.numpy()).mean(), rel=0.02)


def test_half_as_far_apart_is_a_half():
    real = normal(50)

    assert spread_ratio(real / 2 + 7, real) == pytest.approx(0.5)


def test_one_picture_drawn_over_and_over_has_none():
    real = normal(50)

    assert spread_ratio(real[:1].expand(50, -1), real) == 0


def test_a_picture_is_never_paired_with_itself():
    # Of two rows all pairs are the same one; a row beside itself would make the mean smaller.
    assert spread_ratio(torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [2.0]])) == 1.5


def test_the_same_seed_draws_the_same_pairs_and_another_one_others():
    a, b = normal(50), normal(60, seed=1)

    first, same, other = (spread_ratio(a, b, pairs=20, seed=seed) for seed in (3, 3, 4))

    assert first == same
    assert first != other


def test_real_pictures_that_are_all_equal_are_no_measure():
    same = torch.ones(9, 4)

    assert spread_ratio(normal(9), same) == math.inf
    assert math.isnan(spread_ratio(same, same))


def test_one_picture_has_no_pair():
    with pytest.raises(ValueError, match="at least 2 rows"):
        spread_ratio(normal(1), normal(9))
