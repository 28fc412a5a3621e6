"""A picture becomes larger and stays the same picture."""

import numpy as np
import pytest
import torch
from PIL import Image

from models.editing.upscale import upscale
from models.failures import CannotDo
from models.metrics.back_projection import backproj_psnr_db


def smooth():
    y, x = torch.meshgrid(torch.linspace(0, 6, 40), torch.linspace(0, 6, 50), indexing="ij")
    return torch.stack((x.sin(), y.cos(), (x * y / 6).sin()))[None] * 0.4 + 0.5


@pytest.mark.parametrize("scale", [2, 3])
def test_shrunk_again_it_is_the_source(scale):
    made = upscale(smooth(), scale=scale)

    assert made.images[0].shape == (1, 3, 40 * scale, 50 * scale)
    assert backproj_psnr_db(made.images[0], smooth(), scale=scale).item() > 35


def test_it_is_pillows_bicubic():
    image = torch.rand(1, 1, 20, 24)

    found = upscale(image, scale=2).images[0]

    picture = Image.fromarray(image[0, 0].numpy()).resize((48, 40), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(found[0, 0].numpy(), np.array(picture).clip(0, 1), atol=1e-5)


def test_colour_under_transparent_pixels_does_not_bleed():
    image = torch.zeros(1, 4, 20, 20)
    image[:, 0] = 1
    image[:, :3, :, :10] = 0.2
    image[:, 3, :, :10] = 1

    output = upscale(image, scale=2).images[0]

    seen = output[0, 3] > 0.01
    assert (output[0, :3, seen] - 0.2).abs().max() < 0.01


def test_too_large_a_result_is_refused():
    with pytest.raises(CannotDo) as caught:
        upscale(torch.zeros(1, 1, 1, 1).expand(1, 1, 4100, 4100), scale=2)

    assert caught.value.code == "output_too_large"


def over_white(colour: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    return colour * alpha + (1 - alpha)


def test_a_cut_out_product_stays_cut_out_and_gets_no_white_rim():
    alpha = torch.zeros(1, 1, 20, 20)
    alpha[..., :9], alpha[..., 9] = 1, 0.4
    colour = torch.tensor([0.2, 0.5, 0.1]).view(1, 3, 1, 1).expand(1, 3, 20, 20)

    output = upscale(over_white(colour, alpha), scale=2, alpha=alpha).images[0]

    assert output.shape == (1, 4, 40, 40)
    seen = output[:, 3:] > 0.02
    assert ((output[:, :3] - colour[..., :1, :1]).abs() * seen).max() < 1e-3
    torch.testing.assert_close(output[:, 3:], upscale(alpha, scale=2).images[0])


def test_an_alpha_that_covers_everything_changes_no_colour():
    alpha = torch.ones(1, 1, 40, 50)

    output = upscale(smooth(), scale=2, alpha=alpha).images[0]

    torch.testing.assert_close(output[:, :3], upscale(smooth(), scale=2).images[0])
    torch.testing.assert_close(output[:, 3:], torch.ones(1, 1, 80, 100))


def test_a_grey_picture_with_transparency_becomes_rgba():
    alpha = torch.full((1, 1, 8, 8), 0.5)

    output = upscale(over_white(torch.full_like(alpha, 0.3), alpha), scale=2, alpha=alpha).images[0]

    torch.testing.assert_close(output[:, :3], torch.full((1, 3, 16, 16), 0.3))
