"""What a matte is punished for is nothing where it is right, and more at its rim."""

import pytest
import torch

from models.losses.matting import RIM, coarse_loss, fine_loss, rim, soft_iou
from tests.cutouts import discs


def alpha(count: int = 3) -> torch.Tensor:
    return discs(count)[:, 3:] / 255


def test_the_right_matte_costs_nothing():
    target = alpha()

    assert fine_loss(target, target, torch.ones(3, 3, 32, 32)).item() == 0
    sure = (target - 0.5).sign() * 20
    hard = (target > 0.5).float()
    assert coarse_loss(sure, hard).item() == pytest.approx(0, abs=1e-4)


def test_the_opposite_costs_most_and_a_step_towards_the_truth_less():
    target = (alpha() > 0.5).float()

    costs = [coarse_loss((target - 0.5) * by, target).item() for by in (-8.0, 0.0, 2.0, 8.0)]

    assert costs == sorted(costs, reverse=True)


def test_the_rim_counts_more_than_the_inside():
    target = torch.zeros(1, 1, 16, 16)
    target[..., 8:] = 1
    flat, near, far = torch.zeros(1, 3, 16, 16), target.clone(), target.clone()
    near[..., 5, 8] -= 0.5
    far[..., 5, 14] -= 0.5

    cost = [fine_loss(one, target, flat).item() * 256 for one in (near, far)]

    assert cost == pytest.approx([0.5 * (1 + RIM), 0.5])


def test_what_is_seen_of_an_error_is_as_strong_as_the_contrast():
    target = torch.zeros(1, 1, 8, 8)
    made = target + 0.5

    plain = fine_loss(made, target, torch.zeros(1, 3, 8, 8)).item()
    seen = fine_loss(made, target, torch.full((1, 3, 8, 8), -0.4)).item()

    assert seen - plain == pytest.approx(0.5 * 0.4)


def test_areas_are_compared_by_what_they_share():
    left, half = torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 20, 20)
    left[..., :10] = 1
    half[..., 5:15] = 1

    assert soft_iou(left, half).item() == pytest.approx((100 + 1) / (300 + 1))
    assert soft_iou(left * 0, half * 0).item() == 1


def test_the_rim_lies_within_two_pixels_of_the_edge():
    target = torch.zeros(1, 1, 12, 12)
    target[..., 6:] = 1

    assert rim(target)[0, 0, 0].nonzero().flatten().tolist() == [4, 5, 6, 7]
