"""A picture becomes larger and stays the same picture."""

import numpy as np
import pytest
import torch
from PIL import Image

from models import weights
from models.editing.upscale import Enlarger, upscale
from models.failures import CannotDo
from models.layers.tiling import Tiling
from models.metrics.back_projection import backproj_psnr_db
from models.metrics.psnr import psnr_db
from models.networks.upscaler import Upscaler
from tests.factories import shot


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


@pytest.fixture(scope="module")
def shipped() -> Upscaler:
    path, card = next(one for one in weights.shipped() if one[1].network == "upscaler")
    network = weights.read(path.read_bytes(), card)
    assert isinstance(network, Upscaler)
    return network


def enlarger(network: Upscaler, *, tile: int = 1024) -> Enlarger:
    tiling = Tiling(network.tiling.multiple, network.tiling.margin, tile)
    return Enlarger(network.upscale, network.scale, tiling)


def detailed(side: int = 96) -> torch.Tensor:
    pixels = np.array(shot(3, side).convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_tiles_of_the_network_leave_no_seams(shipped, scale):
    image = detailed()[..., :90]

    with torch.inference_mode():
        whole = upscale(image, scale=scale, enlarger=enlarger(shipped)).images[0]
        tiled = upscale(image, scale=scale, enlarger=enlarger(shipped, tile=32)).images[0]

    assert tiled.shape == (1, 3, 96 * scale, 90 * scale)
    assert psnr_db(tiled, whole).item() >= 60


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_network_stays_true_to_the_source(shipped, scale):
    with torch.inference_mode():
        made = upscale(detailed(), scale=scale, enlarger=enlarger(shipped))

    assert backproj_psnr_db(made.images[0], detailed(), scale=scale).item() > 35
    assert made.report == {"scale": scale, "engine": "network", "passes": 1 if scale == 2 else 2}


@pytest.mark.parametrize(("once", "scale", "passes"), [(4, 2, 1), (4, 3, 1), (3, 4, 2), (8, 2, 1)])
def test_a_network_of_any_scale_comes_to_the_one_that_was_asked(once, scale, passes):
    def network(tile: torch.Tensor) -> torch.Tensor:
        return tile.repeat_interleave(once, 2).repeat_interleave(once, 3)

    made = upscale(smooth(), scale=scale, enlarger=Enlarger(network, once, Tiling(1, 2, 16)))

    assert made.images[0].shape == (1, 3, 40 * scale, 50 * scale)
    assert made.report["passes"] == passes
    assert backproj_psnr_db(made.images[0], smooth(), scale=scale).item() > 35


def test_the_network_never_holds_more_than_a_tile(shipped):
    seen = []

    def network(tile: torch.Tensor) -> torch.Tensor:
        seen.append(max(tile.shape[2:]))
        return shipped.upscale(tile)

    upscale(detailed(64), scale=4, enlarger=Enlarger(network, 2, Tiling(1, 10, 32)))

    assert max(seen) <= 2 * (16 + 2 * 19)


def test_the_network_gives_a_cut_out_product_no_white_rim(shipped):
    alpha = torch.zeros(1, 1, 40, 40)
    alpha[..., :18], alpha[..., 18] = 1, 0.4
    colour = torch.tensor([0.2, 0.5, 0.1]).view(1, 3, 1, 1).expand(1, 3, 40, 40)

    with torch.inference_mode():
        output = upscale(
            over_white(colour, alpha), scale=2, enlarger=enlarger(shipped), alpha=alpha
        ).images[0]

    seen = output[:, 3:] > 0.02
    assert ((output[:, :3] - colour[..., :1, :1]).abs() * seen).max() < 0.02
    torch.testing.assert_close(output[:, 3:], upscale(alpha, scale=2).images[0])


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (1, 60), (60, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_takes_a_picture_of_any_shape(shipped, size, channels):
    image = torch.rand(1, channels, *size)

    with torch.inference_mode():
        output = upscale(image, scale=3, enlarger=enlarger(shipped, tile=16)).images[0]

    assert output.shape == (1, channels, 3 * size[0], 3 * size[1])
    assert output.isfinite().all()
