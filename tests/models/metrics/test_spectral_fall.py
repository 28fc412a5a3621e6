"""What is missing of the finest detail tells a blur, where no noise hides it."""

import numpy as np
import pytest
import torch

from models.data import samples
from models.metrics.blur_radius import blurred
from models.metrics.spectral_fall import spectral_fall
from tests.photographed import photograph


def _render() -> torch.Tensor:
    """[1, 3, 256, 256] of a product over white; its edges are as soft as rendering makes them."""
    pixels = torch.from_numpy(samples.products()[2].pixels.copy()).permute(2, 0, 1)[None] / 255
    whole = pixels[:, :3] * pixels[:, 3:] + 1 - pixels[:, 3:]
    return whole[..., 128:384, 128:384]


@pytest.mark.parametrize("sharp", [photograph(240, 320), _render()])
def test_sharp_pictures_have_their_finest_detail_and_blurred_ones_have_not(sharp):
    assert spectral_fall(sharp, noise=0.4) < 0.65
    assert spectral_fall(blurred(sharp, sigma=0.8), noise=0.4) > 0.75


def test_a_picture_that_falls_as_pictures_do_has_lost_nothing():
    down, across = np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None]
    phase = np.random.default_rng(1).uniform(0, 2 * np.pi, (256, 256))
    spectrum = np.exp(1j * phase) / np.maximum(np.hypot(down, across), 1 / 256)
    plane = np.fft.ifft2(spectrum).real
    pink = torch.from_numpy(0.5 + 0.1 * plane / plane.std()).float()[None, None]

    assert spectral_fall(pink, noise=0.0) < 0.2
    assert abs(spectral_fall(blurred(pink, sigma=1.0), noise=0.0) - 1.0) < 0.1


def test_a_flat_picture_tells_nothing():
    assert spectral_fall(torch.full((1, 1, 16, 16), 0.5), noise=0.4) < 0.2
