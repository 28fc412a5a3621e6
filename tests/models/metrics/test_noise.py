"""The noise that was put in is the noise that is found."""

import pytest
import torch

from models.metrics.noise import noise_sigma


@pytest.mark.parametrize("sigma", [2.0, 10.0, 50.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_known_noise_is_found(sigma, channels):
    torch.manual_seed(0)
    image = 0.5 + torch.randn(2, channels, 160, 200) * sigma / 255

    found = noise_sigma(image)

    assert found.tolist() == pytest.approx([sigma, sigma], rel=0.05)


def test_a_flat_picture_has_none():
    assert noise_sigma(torch.full((1, 3, 40, 40), 0.7)).item() == 0


def test_flat_surroundings_do_not_dilute_it():
    torch.manual_seed(0)
    image = torch.ones(1, 3, 200, 200)
    image[..., 70:130, 70:130] = 0.5 + torch.randn(1, 3, 60, 60) * 12 / 255

    assert noise_sigma(image).item() == pytest.approx(12, rel=0.15)
