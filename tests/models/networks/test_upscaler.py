"""An upscaler starts as bicubic, keeps to its tiles, and leaves bicubic once it learns."""

from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, Tensor, nn

from models import calling, weights
from models.data.degradations import lowered
from models.losses.restoration import l1
from models.networks.upscaler import Upscaler, UpscalerConfig
from models.tiles import tiled
from models.weights import Card

SMALL = UpscalerConfig(width=8, depth=2)


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def awake(config: UpscalerConfig) -> Upscaler:
    """One that says something of its own: of an untrained one the last layer is zero."""
    network = Upscaler(config)
    nn.init.normal_(network.body[-1].weight, std=0.01, generator=chance())
    return network.eval()


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("size", [(1, 1), (7, 12)])
def test_pictures_of_any_size_become_larger_and_stay_in_range(
    scale: int, size: tuple[int, int]
) -> None:
    network = awake(UpscalerConfig(scale, width=8, depth=2))

    images = network.upscale(torch.rand(2, 3, *size) * 3 - 1)

    assert images.shape == (2, 3, scale * size[0], scale * size[1])
    assert images.min() >= 0
    assert images.max() <= 1


@pytest.mark.parametrize("scale", [2, 4])
def test_untrained_it_is_pillow_s_bicubic(scale: int) -> None:
    levels = torch.randint(96, 160, (1, 3, 12, 17), generator=chance()).byte()
    picture = Image.fromarray(levels[0].permute(1, 2, 0).numpy())

    with torch.inference_mode():
        images = Upscaler(UpscalerConfig(scale)).upscale(levels / 255)

    bicubic = picture.resize((17 * scale, 12 * scale), Image.Resampling.BICUBIC)
    off = images[0].permute(1, 2, 0).numpy() * 255 - np.asarray(bicubic, np.float32)
    assert np.abs(off).max() < 2  # Pillow rounds twice
    assert np.abs(off).mean() < 0.5


def test_its_tensors_are_those_of_srvggnetcompact() -> None:
    names = set(Upscaler(UpscalerConfig(depth=2)).state_dict())

    convolutions = {f"body.{at}.{kind}" for at in (0, 2, 4, 6) for kind in ("weight", "bias")}
    assert names == convolutions | {"body.1.weight", "body.3.weight", "body.5.weight"}


@pytest.mark.parametrize("scale", [2, 4])
def test_tiles_join_to_the_whole(scale: int) -> None:
    network = awake(UpscalerConfig(scale, width=8, depth=3))
    image = torch.rand(1, 3, 70, 45, generator=chance())

    with torch.inference_mode():
        whole = network.upscale(image)
        joined = tiled(network.upscale, image, tile=24, margin=network.tiling.margin, multiple=1)

    torch.testing.assert_close(joined, whole, atol=1e-5, rtol=0)


def test_a_margin_one_pixel_smaller_would_leave_seams() -> None:
    network = awake(UpscalerConfig(width=8, depth=3))
    side, at = 32, 16
    image = torch.rand(1, 3, side, side, requires_grad=True)

    network(image)[..., 2 * at, 2 * at].sum().backward()

    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert at - rows.min().item() == network.tiling.margin


def test_once_awake_every_parameter_gets_a_gradient() -> None:
    network = awake(SMALL)

    network(torch.rand(2, 3, 8, 8)).square().sum().backward()

    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_serving_is_deterministic_and_neighbours_do_not_matter() -> None:
    network, images = awake(SMALL), torch.rand(3, 3, 9, 8, generator=chance())

    with torch.inference_mode():
        together, again, alone = network(images), network(images), network(images[:1])

    assert torch.equal(together, again)
    torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("scale", "expected"), [(2, 173_244), (4, 188_832)])
def test_it_stays_as_small_as_promised(scale: int, expected: int) -> None:
    network = Upscaler(UpscalerConfig(scale))

    assert sum(parameter.numel() for parameter in network.parameters()) == expected


def test_other_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="2 or 4, got 3"):
        Upscaler(UpscalerConfig(3))


def test_what_was_written_gives_the_same_pictures_when_read(tmp_path) -> None:
    network = awake(SMALL).half().float()
    card = Card("tiny", "upscaler", asdict(SMALL), sha256="", licence="CC0", data="none")

    written = weights.write(network, tmp_path, card)
    again = weights.read((tmp_path / "model.safetensors").read_bytes(), written)

    image = torch.rand(1, 3, 8, 8)
    assert torch.equal(again(image), network(image))
    assert set(calling.doors(again)) == {"upscale"} == set(calling.examples(again))


def test_it_soon_leaves_bicubic_on_one_batch() -> None:
    torch.manual_seed(0)
    large = _edges(4, 24)
    small = lowered(large, scale=2)
    network = Upscaler(UpscalerConfig(width=16, depth=3))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    bicubic = l1(network(small), large).item()
    for _ in range(40):
        loss = l1(network(small), large)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.9 * bicubic


def _edges(count: int, side: int) -> Tensor:
    """Discs of two colours: edges that bicubic blurs."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    radius = torch.arange(count)[:, None, None] * 2.0 + side / 6
    inside = ((y - side / 2) ** 2 + (x - side / 2) ** 2).sqrt() < radius
    return torch.where(inside[:, None], 0.9, 0.2).expand(-1, 3, -1, -1).contiguous()
