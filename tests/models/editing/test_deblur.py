"""A picture that is a little out of focus becomes sharp, and a sharp one stays as it is."""

import pytest
import torch

from models.data import samples
from models.data.degradations import noisy
from models.editing.deblur import deblur, wiener
from models.failures import CannotDo
from models.metrics.blur_radius import blur_radius, blurred
from models.metrics.psnr import psnr_db
from models.metrics.quantised import quantised
from tests.photographed import photograph


@pytest.fixture(scope="module")
def clean() -> torch.Tensor:
    return photograph(240, 320)


def soft(clean: torch.Tensor, radius: float, noise: float = 0.0) -> torch.Tensor:
    spoilt = noisy(blurred(clean, sigma=radius), torch.tensor([noise]), torch.Generator())
    return quantised(spoilt.clamp(0, 1))


def tensor(rgba) -> torch.Tensor:
    """[1, 3, H, W] over white."""
    pixels = torch.from_numpy(rgba.copy()).permute(2, 0, 1)[None] / 255
    return pixels[:, :3] * pixels[:, 3:] + 1 - pixels[:, 3:]


def mended(image: torch.Tensor, **changes):
    return deblur(image, **{"radius_px": None, "noise": None, "strength": 1.0} | changes)


@pytest.mark.parametrize("radius", [0.8, 1.2, 2.0])
def test_the_radius_is_found_to_a_quarter(clean, radius):
    found = blur_radius(soft(clean, radius))

    assert 0.7 * radius < found < 1.25 * radius


@pytest.mark.parametrize(("radius", "noise"), [(0.8, 0.0), (1.6, 0.0), (1.6, 2.0), (3.0, 2.0)])
def test_the_picture_is_nearer_to_what_it_was(clean, radius, noise):
    image = soft(clean, radius, noise)

    made = mended(image)

    assert psnr_db(made.images[0], clean) > psnr_db(image, clean) + 0.5
    assert made.report["left_alone"] == 0


def test_a_sharp_picture_is_left_alone_with_noise_and_without(clean):
    for image in (clean, soft(clean, 0.05, 3.0)):
        made = mended(image)

        assert made.report["left_alone"] == 1
        assert torch.equal(made.images[0], image)


@pytest.mark.parametrize("name", ["booties", "towel rack"])
def test_a_render_whose_edges_are_soft_is_left_alone_unless_it_was_blurred(name):
    (pixels,) = (one.pixels for one in samples.products() if one.name == name)
    over_white = tensor(pixels)

    assert mended(over_white).report["left_alone"] == 1
    assert mended(soft(over_white, 0.8)).report["left_alone"] == 0


def test_noise_is_not_made_into_texture():
    flat = noisy(torch.full((1, 3, 128, 128), 0.5), torch.tensor([4.0]), torch.Generator())

    made = mended(flat, radius_px=2.0)

    assert made.images[0].std() < 1.5 * flat.std()


def test_brightness_stays(clean):
    image = soft(clean, 1.5)

    made = mended(image)

    assert abs(float(made.images[0].mean() - image.mean())) < 1e-3


def test_tiles_leave_no_seams():
    image = soft(photograph(600, 1100), 1.5)

    whole = wiener(1.5, 1.0)(image).clamp(0, 1)

    made = mended(image, radius_px=1.5, noise=1.0)
    assert psnr_db(made.images[0], whole) > 60


def test_transparency_stays(clean):
    alpha = torch.ones(1, 1, *clean.shape[2:])
    alpha[..., :40] = 0

    made = mended(soft(clean, 1.5), alpha=alpha)

    assert torch.equal(made.images[0][:, 3:], alpha)


def test_a_picture_of_one_colour_has_no_edge_to_tell_anything():
    made = mended(torch.full((1, 1, 64, 64), 0.25))

    assert made.report["radius_px"] == 0
    assert made.report["left_alone"] == 1


def test_what_is_too_small_is_refused():
    with pytest.raises(CannotDo, match="16 pixels"):
        mended(torch.rand(1, 3, 15, 40))
