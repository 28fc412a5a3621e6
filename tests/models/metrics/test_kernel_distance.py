"""The kernel distance is the sum over all pairs, and 0 on average for two sets of one kind."""

import numpy as np
import pytest
import torch

from models.metrics.kernel_distance import kernel_distance


def normal(rows: int, columns: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def written_out(a: np.ndarray, b: np.ndarray) -> float:
    def kernel(x, y):
        return (x @ y / len(x) + 1) ** 3

    n = len(a)
    other = [(i, j) for i in range(n) for j in range(n) if i != j]
    within = sum(kernel(a[i], a[j]) + kernel(b[i], b[j]) for i, j in other) / len(other)
    return within - 2 * np.mean([kernel(x, y) for x in a for y in b])


def test_it_agrees_with_the_sums_written_out():
    a, b = normal(15, 4), 1.5 * normal(15, 4, seed=1) + 0.3

    found = kernel_distance(a, b, subsets=3, subset_size=15)

    wanted = written_out(a.double().numpy(), b.double().numpy())
    assert found.mean == pytest.approx(wanted, rel=1e-9)
    assert found.deviation == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("size", "close"), [(10, 0.2), (200, 0.02)])
def test_sets_of_one_kind_are_at_no_distance_on_average_however_few_the_rows(size, close):
    a, b = normal(4000, 4), normal(4000, 4, seed=1)

    found = kernel_distance(a, b, subset_size=size, subsets=400)

    # E(1 + |x|²/4)³ = 11.5 and E(1 + x·y/4)³ = 1.75: with each row beside itself it would be more.
    assert 2 * (11.5 - 1.75) / size > 4 * close
    assert found.mean == pytest.approx(0, abs=close)


def test_the_further_apart_the_larger():
    a, b = normal(300, 4), normal(300, 4, seed=1)

    near, far = (kernel_distance(a, b + shift, subset_size=100).mean for shift in (0.3, 1.0))

    assert 0 < near < far


def test_the_deviation_is_that_of_the_subsets():
    a, b = normal(300, 4), normal(300, 4, seed=1) + 1

    few, many = (kernel_distance(a, b, subset_size=size).deviation for size in (20, 150))

    assert few > 2 * many > 0


def test_the_same_seed_draws_the_same_subsets_and_another_one_others():
    a, b = normal(300, 4), normal(300, 4, seed=1)

    first, same, other = (
        kernel_distance(a, b, subset_size=50, subsets=5, seed=seed) for seed in (3, 3, 4)
    )

    assert first == same
    assert first.mean != other.mean


def test_a_subset_larger_than_a_set_is_refused():
    with pytest.raises(ValueError, match="at least 1000 rows"):
        kernel_distance(normal(999, 4), normal(2000, 4))


@pytest.mark.parametrize("wrong", [{"subset_size": 1}, {"subsets": 0}])
def test_there_is_no_pair_in_a_subset_of_one_and_no_mean_of_none(wrong):
    with pytest.raises(ValueError, match="subsets of 2"):
        kernel_distance(normal(9, 4), normal(9, 4), **wrong)
