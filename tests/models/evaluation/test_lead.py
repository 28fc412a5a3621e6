"""How far ahead, and whether that is more than the choice of pictures."""

import math

import pytest
import torch
from torch import Generator

from models.evaluation.lead import lead


def test_the_mean_of_the_differences_and_its_standard_error():
    found = lead(torch.tensor([3.0, 5.0, 4.0, 8.0]), torch.tensor([1.0, 4.0, 4.0, 5.0]))

    assert found.other == pytest.approx(3.5)
    assert found.ahead == pytest.approx(1.5)
    # differences 2, 1, 0, 3: variance 5/3 over 4 pictures
    assert found.noise == pytest.approx(math.sqrt(5 / 3) / 2)
    assert found.pictures == 4


def test_a_small_lead_on_every_picture_is_sure_however_the_pictures_differ():
    hard_and_easy = torch.linspace(10, 40, 50)

    found = lead(hard_and_easy + 0.1 + 0.01 * torch.arange(50).cos(), hard_and_easy)

    assert found.is_sure
    assert not found.is_behind


def test_luck_is_seldom_taken_for_a_lead():
    draw = Generator().manual_seed(0)
    trials = [
        lead(torch.randn(100, generator=draw), torch.randn(100, generator=draw)) for _ in range(400)
    ]

    assert sum(one.is_sure for one in trials) / 400 < 0.06
    assert sum(one.is_behind for one in trials) / 400 < 0.06


def test_a_method_is_not_ahead_of_itself():
    same = torch.rand(20)

    found = lead(same, same)

    assert (found.ahead, found.is_sure, found.is_behind) == (0.0, False, False)


def test_one_picture_makes_nobody_sure():
    found = lead(torch.tensor([30.0]), torch.tensor([10.0]))

    assert (found.ahead, found.noise, found.is_sure) == (20.0, None, False)


@pytest.mark.parametrize(("ours", "theirs"), [(0, 0), (2, 3)])
def test_what_cannot_be_paired_is_refused(ours: int, theirs: int):
    with pytest.raises(ValueError, match="two equal"):
        lead(torch.zeros(ours), torch.zeros(theirs))
