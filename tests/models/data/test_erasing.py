"""Random erasing: one rectangle of noise in some of the pictures, the rest untouched."""

import pytest
import torch
from torch import Generator

from models.data.erasing import LONGEST, SHARES, erased

SIDE = 40


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_what_is_hidden_is_a_rectangle_of_a_bounded_share():
    images = torch.full((300, 1, SIDE, SIDE), -1.0)

    hidden = (erased(images, chance(), chance=1.0) >= 0)[:, 0]

    for one in hidden:
        rows, columns = one.any(1).sum().item(), one.any(0).sum().item()
        assert one.sum().item() == rows * columns
        # A side is rounded to whole pixels.
        assert (rows - 1) * (columns - 1) <= SHARES[1] * SIDE**2
        assert (rows + 1) * (columns + 1) >= SHARES[0] * SIDE**2
        assert max(rows, columns) - 1 <= LONGEST * (min(rows, columns) + 1)


def test_every_row_and_every_column_is_hidden_sooner_or_later():
    images = torch.full((600, 1, SIDE, SIDE), -1.0)

    hidden = (erased(images, chance(), chance=1.0) >= 0).any(0)[0]

    assert hidden.any(0).all()
    assert hidden.any(1).all()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_as_many_pictures_change_as_chance_says(share):
    images = torch.full((2000, 1, 28, 28), -1.0)

    changed = (erased(images, chance(), chance=share) >= 0).flatten(1).any(1)

    assert changed.double().mean().item() == pytest.approx(share, abs=0.03)


def test_every_channel_is_hidden_in_the_same_place_and_noise_keeps_the_range():
    images = torch.full((20, 3, 28, 28), -1.0)

    changed = erased(images, chance(), chance=1.0)

    hidden = changed >= 0
    assert torch.equal(hidden, hidden[:, :1].expand_as(hidden))
    assert changed.max() <= 1
    assert changed[hidden].unique().numel() > 1000


def test_the_same_chance_hides_the_same():
    images = torch.rand(50, 1, 28, 28)

    first = erased(images, chance())

    assert torch.equal(erased(images, chance()), first)
    assert not torch.equal(erased(images, chance(1)), first)


def test_each_picture_may_have_a_chance_of_its_own():
    images = torch.full((60, 1, SIDE, SIDE), -1.0)

    hidden = (erased(images, chance(), chance=torch.tensor([0.0, 1.0]).repeat(30)) >= 0).flatten(1)

    assert not hidden[::2].any()
    assert hidden[1::2].any(1).all()
