"""Detail in a hole: as much as was there is 1, and both a smooth and a noisy hole have less."""

import pytest
import torch

from models.metrics.hole_detail import detail


def test_smooth_and_noisy_holes_have_less_than_what_was_there() -> None:
    torch.manual_seed(0)
    real = 0.5 + 0.1 * torch.randn(3, 3, 64, 64)
    hole = torch.zeros(3, 1, 64, 64)
    hole[..., 16:48, 16:48] = 1
    smooth = real.where(hole <= 0, 0.5)
    noisy = real + hole * 0.3 * torch.randn_like(real)
    as_much = real.where(hole <= 0, real.flip(-1))

    found = [detail(one, real, hole) for one in (real, as_much, smooth, noisy)]

    assert torch.equal(found[0], torch.ones(3))
    assert (found[1] > 0.9).all()
    assert (found[2] < 0.1).all()
    assert (found[3] < 0.6).all()


@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (64, 32)])
def test_without_a_hole_nothing_is_off(shape: tuple[int, int]) -> None:
    image = torch.rand(2, 3, *shape)

    assert torch.equal(detail(1 - image, image, torch.zeros(2, 1, *shape)), torch.ones(2))


def test_what_lies_outside_of_the_hole_does_not_count() -> None:
    torch.manual_seed(0)
    real, hole = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    hole[..., :16, :16] = 1
    other = real.clone()
    other[..., 32:, 32:] = 0.5

    assert detail(other, real, hole).item() == pytest.approx(1.0)
