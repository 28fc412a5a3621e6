"""Products on white: what nearly all of a shop's pictures are."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.metrics.psnr import psnr_db
from models.training.config import RECIPES
from models.training.run import train
from models.training.watch import Watch
from tests.runs import CPU, chance, small

SIDE, PRODUCT = 32, 8


def on_white(count: int) -> Tensor:
    """uint8 [N, 3, 32, 32]: a square of a colour and at a place of its own each."""
    images = torch.full((count, 3, SIDE, SIDE), 255, dtype=torch.uint8)
    places = torch.randint(2, SIDE - PRODUCT - 2, (count, 2), generator=chance()).tolist()
    colours = torch.randint(20, 200, (count, 3, 1, 1), generator=chance(), dtype=torch.uint8)
    for image, (top, left), colour in zip(images, places, colours, strict=True):
        image[:, top : top + PRODUCT, left : left + PRODUCT] = colour
    return images


def test_a_vae_learns_the_product_and_not_only_the_white_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    images = on_white(96)
    labels = torch.zeros(96, dtype=torch.long)
    shop = ImageSet("shop", images, labels, ("box",), torch.arange(8), "CC0", "made here")
    config = replace(RECIPES["vae"], epochs=30, batch_size=16, image_size=SIDE, channels=3)
    config = replace(config, ema_images=200)

    trained = train(config, shop, folder=tmp_path, device=CPU, watch=Watch())

    held_out = images[:8] / 255
    plain = psnr_db(images[8:].float().mean(0, keepdim=True).expand(8, -1, -1, -1) / 255, held_out)
    assert (trained.epochs[-1].val_psnr_db or 0) > plain.mean() + 1
