"""Which of two sets of samples is nearer to real pictures, as the pairs written out would say."""

import math

import pytest
import torch
from torch import Generator, Tensor

from models.evaluation.lead import Lead
from models.evaluation.nearer import nearer, nearness, together


def _rows(count: int, *, shift: float, seed: int) -> Tensor:
    return torch.randn(count, 3, generator=Generator().manual_seed(seed)) + shift


def _kernel(a: Tensor, b: Tensor) -> float:
    return ((a @ b).item() / 3 + 1) ** 3


def test_a_distance_is_the_mean_over_all_pairs_of_different_rows():
    real, samples = _rows(5, shift=0.0, seed=1).double(), _rows(5, shift=0.5, seed=2).double()

    found = nearness(real, samples)

    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    by_hand = [
        _kernel(real[i], real[j])
        + _kernel(samples[i], samples[j])
        - _kernel(real[i], samples[j])
        - _kernel(real[j], samples[i])
        for i, j in pairs
    ]
    assert found.distance == pytest.approx(sum(by_hand) / len(pairs))


def test_the_lead_is_the_difference_of_both_distances():
    real = _rows(60, shift=0.0, seed=1)
    near, far = (
        nearness(real, _rows(60, shift=0.1, seed=2)),
        nearness(real, _rows(60, shift=1, seed=3)),
    )

    found = nearer(near, far)

    assert found.other == far.distance
    assert found.ahead == pytest.approx(far.distance - near.distance)
    assert found.is_sure
    assert nearer(far, near).is_behind


def test_two_of_one_kind_are_seldom_told_apart():
    sure = 0
    for trial in range(60):
        real = _rows(40, shift=0.0, seed=3 * trial)
        one, other = (nearness(real, _rows(40, shift=0.3, seed=3 * trial + n)) for n in (1, 2))
        sure += nearer(one, other).is_sure

    assert sure <= 4  # one in forty would be 1.5


def test_the_noise_is_how_much_the_lead_varies():
    leads = []
    for trial in range(80):
        real = _rows(50, shift=0.0, seed=3 * trial)
        one = nearness(real, _rows(50, shift=0.3, seed=3 * trial + 1))
        other = nearness(real, _rows(50, shift=0.6, seed=3 * trial + 2))
        leads.append(nearer(one, other))

    spread = torch.tensor([one.ahead for one in leads]).std().item()
    told = torch.tensor([one.noise for one in leads]).mean().item()
    assert told == pytest.approx(spread, rel=0.35)


def test_categories_count_by_their_pictures_and_their_noise_adds_up_in_squares():
    found = together([Lead(1.0, 0.5, 0.3, 30), Lead(3.0, -0.1, 0.4, 10)])

    assert found.other == pytest.approx(1.5)
    assert found.ahead == pytest.approx(0.35)
    assert found.noise == pytest.approx(math.hypot(0.75 * 0.3, 0.25 * 0.4))
    assert found.pictures == 40


@pytest.mark.parametrize("count", [0, 1])
def test_one_picture_is_too_few(count: int):
    with pytest.raises(ValueError, match="expected two equal"):
        nearness(torch.zeros(count, 3), torch.zeros(count, 3))
