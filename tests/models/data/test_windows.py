"""Windows keep the picture's own pixels, and are where there is something to see."""

import pytest
import torch
from torch import Generator

from models.data.windows import windows


def test_a_window_is_the_picture_s_own_pixels():
    image = torch.rand(1, 3, 20, 33, generator=Generator().manual_seed(0))

    found = windows(image, side=16, most=8)

    assert found.shape == (2, 3, 16, 16)
    middle = image[0, :, 2:18]
    cut = [middle[..., left : left + 16] for left in (0, 16)]
    assert all(any(torch.equal(one, other) for other in cut) for one in found)
    assert not torch.equal(found[0], found[1])


def test_the_plain_ground_is_left_out_before_the_product():
    image = torch.ones(1, 3, 48, 48)
    image[..., 16:32, 32:48] = torch.rand(3, 16, 16)
    image[..., 32:48, 0:16] = 0.9 + 0.1 * torch.rand(3, 16, 16)

    found = windows(image, side=16, most=2)

    assert torch.equal(found[0], image[0, :, 16:32, 32:48])
    assert torch.equal(found[1], image[0, :, 32:48, 0:16])


def test_the_same_picture_gives_the_same_windows():
    image = torch.ones(1, 3, 64, 64)

    assert torch.equal(windows(image, side=16, most=3), windows(image, side=16, most=3))


def test_a_picture_smaller_than_a_window_has_none():
    with pytest.raises(ValueError, match="at least, got 15×40"):
        windows(torch.rand(1, 3, 15, 40), side=16, most=1)
