"""Minutes of training beat what needs no training; the numbers are Fashion-MNIST's own."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from benchmarks.categories import nearest_mean
from models.data import fashion_mnist
from models.data.degradations import noisy
from models.data.image_set import ImageSet
from models.data.spoiling import SPOILINGS
from models.metrics.psnr import psnr_db
from models.networks.denoiser import TAKES
from models.training.config import RECIPES
from models.training.run import train
from models.training.watch import Watch
from tests.photographed import photograph

CPU = torch.device("cpu")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not fashion_mnist.FOLDER.exists(), reason="dataset-fashion-mnist missing"),
]


def some(count: int) -> ImageSet:
    whole = fashion_mnist.read()
    rows = torch.cat([torch.arange(count), whole.validation[:100]])
    return ImageSet(
        whole.name,
        whole.images[rows],
        whole.labels[rows],
        whole.categories,
        torch.arange(count, count + 100),
        whole.licence,
        whole.source,
    )


def test_a_vae_soon_beats_the_mean_picture(tmp_path):
    images = some(1000)
    learning, held_out = images.split()
    mean = (learning.images.double().mean(0, keepdim=True) / 255).float()
    floor = psnr_db(mean.expand(len(held_out), -1, -1, -1), held_out.images / 255).mean()
    config = replace(RECIPES["vae"], epochs=2, batch_size=32, ema_images=300)

    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert trained.epochs[-1].val_psnr_db > floor + 2


def test_a_denoiser_soon_beats_doing_nothing(tmp_path):
    blocks = torch.rand(48, 3, 8, 8, generator=Generator().manual_seed(0))
    pictures = torch.nn.functional.interpolate(blocks, scale_factor=4.0)
    images = ImageSet(
        "blocks",
        (pictures * 255).byte(),
        torch.zeros(48, dtype=torch.int64),
        ("block",),
        torch.arange(40, 48),
        "CC0",
        "made here",
    )
    _, held_out = images.split()
    clean = held_out.images / 255
    spoiled = noisy(clean, torch.full((8,), 25.0), Generator().manual_seed(0)).clamp(0, 1)
    config = replace(RECIPES["denoiser"], epochs=40, batch_size=8)

    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert trained.epochs[-1].val_psnr_db > psnr_db(spoiled, clean).mean() + 2


@pytest.mark.parametrize("network", ["deblocker", "deblurrer"])
def test_what_takes_jpeg_or_a_blur_away_soon_beats_doing_nothing(tmp_path, network):
    learnt, held_out = (photograph(32 * 6, 32 * 8, number=one) for one in (0, 1))
    patches = [
        torch.nn.functional.unfold(one, 32, stride=32)[0].T.reshape(-1, 3, 32, 32)
        for one in (learnt, held_out)
    ]
    count = len(patches[0])
    images = ImageSet(
        "patches",
        (torch.cat(patches) * 255).byte(),
        torch.zeros(2 * count, dtype=torch.int64),
        ("patch",),
        torch.arange(count, 2 * count),
        "CC0",
        "made here",
    )
    clean = images.split()[1].images / 255
    spoiled, _ = SPOILINGS[TAKES[network]].usual(clean, 0)
    config = replace(RECIPES[network], epochs=50, batch_size=8, ema_images=400)

    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert trained.epochs[-1].val_psnr_db > psnr_db(spoiled, clean).mean() + 0.3


def test_a_gan_soon_draws_what_a_nearest_mean_takes_for_its_category(tmp_path):
    images = some(1000)
    learning, _ = images.split()
    means = torch.stack([(learning.images[learning.labels == c] / 255).mean(0) for c in range(10)])
    config = replace(RECIPES["gan"], epochs=2, batch_size=48, ema_images=300, measured_every=2)

    train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert _found(tmp_path, means) > 0.35  # chance is 0.1


def test_a_classifier_soon_beats_the_nearest_mean(tmp_path):
    images = some(4000)
    learning, held_out = images.split()
    floor = nearest_mean(learning, held_out)
    config = replace(RECIPES["classifier"], epochs=4, batch_size=64)

    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert trained.epochs[-1].scores["accuracy"] > floor + 0.05


def _found(folder, means) -> float:
    from models import weights

    card = weights.Card.from_json((folder / "card.json").read_text())
    network = weights.read((folder / "model.safetensors").read_bytes(), card)
    labels = torch.arange(200) % 10
    images = network.generate(torch.randn(200, 64, generator=Generator().manual_seed(0)), labels)
    distances = torch.cdist(images.flatten(1), means.flatten(1))
    return (distances.argmin(1) == labels).double().mean().item()
