"""What Haar's wavelet parts it joins again."""

import torch

from models.layers.haar import joined, parted


def test_what_was_parted_is_joined_again() -> None:
    image = torch.rand(2, 3, 8, 12)

    coarse, differences = parted(image)

    assert coarse.shape == (2, 3, 4, 6)
    assert differences.shape == (2, 9, 4, 6)
    torch.testing.assert_close(joined(coarse, differences), image)


def test_a_flat_picture_has_no_differences() -> None:
    coarse, differences = parted(torch.full((1, 2, 4, 4), 0.3))

    assert not differences.any()
    torch.testing.assert_close(coarse, torch.full((1, 2, 2, 2), 0.6))


def test_no_energy_is_lost_or_made() -> None:
    image = torch.randn(1, 3, 16, 16)

    energy = sum(part.square().sum() for part in parted(image))

    torch.testing.assert_close(energy, image.square().sum())
