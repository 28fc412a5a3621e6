"""Accuracy, counted here one picture at a time."""

import pytest
import torch
from torch import Generator, Tensor

from models.metrics.accuracy import accuracy, balanced_accuracy


def answers(count: int = 300, categories: int = 5) -> tuple[Tensor, Tensor]:
    """Some right, some wrong; the first category is rare, the last one does not occur."""
    chance = Generator().manual_seed(0)
    labels = torch.randint(categories - 1, (count,), generator=chance)
    labels[(labels == 0) & (torch.arange(count) % 7 > 0)] = 1
    scores = torch.randn(count, categories, generator=chance)
    scores[torch.arange(count), labels] += 1
    return scores, labels


def right(scores: Tensor, labels: Tensor) -> list[tuple[int, bool]]:
    """Each picture's label, and whether its best score is there."""
    rows = zip(scores.tolist(), labels.tolist(), strict=True)
    return [(label, row.index(max(row)) == label) for row, label in rows]


def test_it_is_the_share_of_right_answers():
    scores, labels = answers()

    found = accuracy(scores, labels)

    counted = right(scores, labels)
    assert found == pytest.approx(sum(hit for _, hit in counted) / len(counted), abs=1e-12)
    assert 0.2 < found < 0.9


def test_balanced_it_is_the_mean_over_the_categories_that_occur():
    scores, labels = answers()

    found = balanced_accuracy(scores, labels)

    counted = right(scores, labels)
    own = [[hit for label, hit in counted if label == c] for c in range(4)]
    assert found == pytest.approx(sum(sum(one) / len(one) for one in own) / 4, abs=1e-12)
    assert found != pytest.approx(accuracy(scores, labels), abs=1e-3)


def test_always_saying_the_commonest_is_half_right_of_two_categories():
    scores, labels = torch.tensor([[1.0, 0.0]] * 10), torch.tensor([0] * 9 + [1])

    assert accuracy(scores, labels) == pytest.approx(0.9)
    assert balanced_accuracy(scores, labels) == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(0, 3), (4,), (5, 3)])
def test_shapes_that_do_not_belong_together_are_refused(shape):
    labels = torch.zeros(0 if shape[0] == 0 else 4, dtype=torch.int64)

    with pytest.raises(ValueError, match="expected scores"):
        accuracy(torch.rand(shape), labels)
