"""Matched sets have as many rows of each category, each row once."""

import pytest
import torch

from models.evaluation.matched import matched

MANY, FEW = torch.arange(30) % 3, torch.tensor([2, 0, 0, 2, 2, 0, 2])


def test_of_each_category_the_smallest_set_decides():
    found = matched(MANY, FEW, categories=3, seed=0)

    wanted = [0] * 3 + [2] * 4
    assert [
        labels[rows].tolist() for labels, rows in zip((MANY, FEW), found.rows, strict=True)
    ] == [
        wanted,
        wanted,
    ]
    assert found.spans == (slice(0, 3), slice(3, 3), slice(3, 7))


def test_no_row_is_taken_twice():
    found = matched(MANY, FEW, categories=3, seed=0)

    assert [len(set(rows.tolist())) for rows in found.rows] == [7, 7]


def test_the_same_seed_takes_the_same_rows_and_another_one_others():
    first, same, other = (matched(MANY, FEW, categories=3, seed=seed) for seed in (0, 0, 1))

    assert torch.equal(first.rows[0], same.rows[0])
    assert not torch.equal(first.rows[0], other.rows[0])


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_label_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="labels from 0 and below 3"):
        matched(MANY, torch.tensor([0, wrong]), categories=3, seed=0)
