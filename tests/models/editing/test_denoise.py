"""Noise goes, the picture stays."""

import pytest
import torch

from models.editing.denoise import denoise
from models.editing.mending import Mender
from models.failures import CannotDo
from models.layers.tiling import Tiling
from models.metrics.psnr import psnr_db
from models.networks.denoiser import Denoiser


def shapes():
    """[1, 3, 150, 290] of flat and shaded areas, more than one tile wide."""
    y, x = torch.meshgrid(torch.linspace(0, 1, 150), torch.linspace(0, 1, 290), indexing="ij")
    ramp = torch.stack((0.2 + 0.6 * x, 0.7 - 0.4 * y, 0.5 + 0.2 * x * y))
    disc = ((x - 0.5) ** 2 * 3 + (y - 0.5) ** 2) < 0.1
    return torch.where(disc, torch.tensor([0.8, 0.3, 0.2]).view(3, 1, 1), ramp)[None]


def denoised(image, **changes):
    asked = {"sigma": None, "strength": 1.0}
    return denoise(image, **asked | changes)


@pytest.fixture
def noisy():
    clean = shapes()
    torch.manual_seed(1)
    return clean, (clean + torch.randn_like(clean) * 20 / 255).clamp(0, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [None, 20.0])
def test_the_classical_engine_takes_noise_out(noisy, channels, sigma):
    clean, image = (x[:, :channels] for x in noisy)

    made = denoised(image, sigma=sigma)

    assert psnr_db(made.images[0], clean).item() > psnr_db(image, clean).item() + 5
    assert made.report["sigma"] == pytest.approx(20, rel=0.15)


def test_half_the_strength_goes_half_the_way(noisy):
    _, image = noisy

    whole, half = denoised(image, sigma=20.0), denoised(image, sigma=20.0, strength=0.5)

    torch.testing.assert_close(half.images[0], (image + whole.images[0]) / 2)


def test_the_source_is_not_written_to(noisy):
    _, image = noisy
    before = image.clone()

    denoised(image)

    assert torch.equal(image, before)


def test_a_picture_without_noise_is_left_alone():
    flat = torch.full((1, 3, 40, 40), 0.5)

    made = denoised(flat)

    assert torch.equal(made.images[0], flat)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_engine_gets_tiles_and_the_noise(noisy, channels):
    image = noisy[1][:, :channels]
    seen = []

    def network(tile, sigma):
        seen.append((tuple(tile.shape), sigma.item()))
        return tile * 0.5

    made = denoised(
        image, sigma=15.0, mender=Mender(network, Tiling(multiple=8, margin=8, tile=64))
    )

    assert set(seen) == {((1, 3, 80, 80), 15.0)}
    torch.testing.assert_close(made.images[0], image * 0.5)


def test_a_batchers_tuple_is_understood(noisy):
    _, image = noisy

    made = denoised(image, mender=Mender(lambda tile, _: (tile, tile), Denoiser.tiling))

    torch.testing.assert_close(made.images[0], image)


def test_a_tiny_picture_is_refused():
    with pytest.raises(CannotDo) as caught:
        denoised(torch.rand(1, 3, 7, 7))

    assert caught.value.code == "image_too_small"


@pytest.fixture
def cut_out():
    """Clean colours, the noisy picture over white, and its alpha with a soft rim."""
    clean = shapes()
    torch.manual_seed(2)
    noisy = (clean + torch.randn_like(clean) * 20 / 255).clamp(0, 1)
    alpha = torch.zeros(1, 1, 150, 290)
    alpha[..., 30:120, 60:200] = 1
    alpha[..., 30:120, 200:204] = 0.5
    return clean, noisy * alpha + (1 - alpha), alpha


def test_transparency_stays_and_the_colours_under_it_lose_their_noise(cut_out):
    clean, image, alpha = cut_out

    output = denoised(image, sigma=20.0, alpha=alpha).images[0]

    assert torch.equal(output[:, 3:], alpha)
    for covered in (alpha == 1, alpha == 0.5):
        before = (image - (1 - alpha)) / alpha.clamp_min(0.5)
        noise = [((x - clean) * covered).square().sum() for x in (before, output[:, :3])]
        assert noise[1] < noise[0] / 2
    assert (output[:, :3][(alpha == 0).expand(1, 3, -1, -1)] == 1).all()


def test_noise_is_estimated_where_the_picture_is(cut_out):
    _, image, alpha = cut_out

    made = denoised(image, alpha=alpha)

    assert made.report["sigma"] == pytest.approx(20, rel=0.15)


def test_without_strength_a_transparent_picture_keeps_its_pixels(cut_out):
    _, image, alpha = cut_out

    output = denoised(image, strength=0.0, alpha=alpha).images[0]

    assert torch.equal(output[:, 3:], alpha)
    torch.testing.assert_close(output[:, :3] * alpha + (1 - alpha), image)


def test_a_network_sees_colours_without_the_white(cut_out):
    _, image, alpha = cut_out

    output = denoised(
        image, sigma=15.0, mender=Mender(lambda tile, _: tile * 0.5, Denoiser.tiling), alpha=alpha
    ).images[0]

    covered = alpha == 1
    torch.testing.assert_close(output[:, :3] * covered, image * 0.5 * covered)
