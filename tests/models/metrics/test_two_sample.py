"""Sets of one kind cannot be told apart, others can."""

import pytest
import torch
from scipy.spatial import KDTree

from models.metrics.two_sample import two_sample_accuracy


def normal(rows: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, 4, generator=torch.Generator().manual_seed(seed))


def test_it_agrees_with_a_search_tree_over_both():
    a, b = normal(80), normal(80, seed=1) + 1

    found = two_sample_accuracy(a, b)

    both = torch.cat([a, b]).numpy()
    _, rows = KDTree(both).query(both, k=2)
    right = (rows[:, 1] < 80) == (rows[:, 0] < 80)
    assert found == pytest.approx(right.mean())


def test_sets_of_one_kind_are_told_apart_by_chance_alone():
    assert two_sample_accuracy(normal(2000), normal(2000, seed=1)) == pytest.approx(0.5, abs=0.04)


def test_sets_that_share_no_place_are_always_told_apart():
    assert two_sample_accuracy(normal(50), normal(50) + 100) == 1


def test_copies_are_nearer_than_their_own_kind():
    assert two_sample_accuracy(normal(50), normal(50)) == 0


@pytest.mark.parametrize("value", [0.0, 0.1, 1000 / 3])
def test_where_all_are_equal_nobody_can_tell(value):
    same = torch.full((300, 130), value)

    assert two_sample_accuracy(same, same) == 0.5


def test_sets_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="as many of each"):
        two_sample_accuracy(normal(50), normal(60))
