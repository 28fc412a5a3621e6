"""The Fréchet distance is that of its formula, and of Gaussians whose distance is known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from models.metrics.frechet import frechet


def normal(rows: int, columns: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def white(rows: int, columns: int, *, seed: int = 0) -> torch.Tensor:
    """Rows whose mean is 0 and whose covariance is the unit matrix, not only on average."""
    x = normal(rows, columns, seed=seed).double()
    x -= x.mean(0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(torch.atleast_2d(x.T.cov()))).T


def by_scipy(a: np.ndarray, b: np.ndarray) -> float:
    cov_a, cov_b = (np.cov(x, rowvar=False) for x in (a, b))
    root = sqrtm(cov_a @ cov_b).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(2, 20), scale=st.floats(0.1, 10))
def test_it_agrees_with_scipys_root_of_a_matrix(seed, columns, scale):
    mixed = normal(columns, columns, seed=seed) / columns**0.5
    a = normal(60, columns, seed=seed + 1)
    b = scale * normal(90, columns, seed=seed + 2) @ mixed + 1

    found = frechet(a, b)

    assert found == pytest.approx(by_scipy(a.double().numpy(), b.double().numpy()), rel=1e-9)


def test_gaussians_with_diagonal_covariances_are_apart_by_their_means_and_deviations():
    means, deviations = (
        torch.tensor([[0.0, 1, 2], [3, 1, 0]]),
        torch.tensor([[1.0, 2, 3], [2, 2, 0.5]]),
    )
    a, b = (white(50, 3, seed=seed) * deviations[seed] + means[seed] for seed in range(2))

    found = frechet(a, b)

    wanted = (means[0] - means[1]).square().sum() + (deviations[0] - deviations[1]).square().sum()
    assert found == pytest.approx(wanted.item(), rel=1e-9)


def test_equal_sets_are_at_no_distance():
    a = normal(500, 16)

    assert frechet(a, a.flip(0)) == pytest.approx(0, abs=1e-9)


def test_one_dimension_is_enough():
    a = white(40, 1)

    assert frechet(a, 3 * a + 1) == pytest.approx(1 + 4, rel=1e-9)


def test_with_fewer_rows_than_dimensions_sets_of_one_kind_seem_far_apart():
    few, many = (frechet(normal(n, 64), normal(n, 64, seed=1)) for n in (20, 4000))

    assert few > 20 * many


def test_far_from_zero_nothing_is_lost_to_rounding():
    a, b = white(200, 4), white(200, 4, seed=1) * 2

    assert frechet(a + 1000, b + 1000) == pytest.approx(4, rel=1e-6)


def test_one_row_has_no_spread():
    with pytest.raises(ValueError, match="at least 2 rows"):
        frechet(normal(1, 4), normal(9, 4))
