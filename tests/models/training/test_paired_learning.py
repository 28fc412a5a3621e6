"""A minute of training beats what needs none, on pictures that nothing was learnt from."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.metrics.psnr import psnr_db
from models.training.config import RECIPES
from models.training.run import train
from models.training.watch import Watch
from tests.cutouts import cutouts
from tests.runs import CPU

pytestmark = pytest.mark.slow

COLOURS = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.2, 0.8]])[:, :, None, None]


def boxes(count: int) -> ImageSet:
    """Boxes anywhere on paper, red or blue by their category."""
    place = torch.randint(3, 14, (count, 2), generator=torch.Generator().manual_seed(2)).tolist()
    images, labels = torch.ones(count, 3, 32, 32), torch.arange(count) % 2
    for number, (top, left) in enumerate(place):
        images[number, :, top : top + 15, left : left + 14] = COLOURS[number % 2]
    held_out = torch.arange(count - 16, count)
    shades = (images * 255).round().byte()
    return ImageSet("boxes", shades, labels, ("red", "blue"), held_out, "CC0", "here")


def blank_db(images: ImageSet) -> float:
    _, held_out = images.split()
    real = held_out.images / 255
    return psnr_db(torch.ones_like(real), real).mean().item()


def test_a_translator_soon_draws_more_than_the_paper_and_in_the_colour_that_it_was_told(tmp_path):
    images = boxes(144)
    config = replace(RECIPES["translator"], epochs=12, image_size=32, ema_images=200)

    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert trained.epochs[-1].val_psnr_db > blank_db(images) + 4


def test_a_matte_soon_finds_more_than_nothing_on_grounds_it_never_saw(tmp_path):
    images = cutouts(count=144, held_out=16)
    config = replace(RECIPES["matte"], epochs=12, image_size=32, ema_images=200)

    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    _, held_out = images.split()
    alpha: Tensor = held_out.images[:, 3:] / 255
    nothing = psnr_db(torch.zeros_like(alpha), alpha).mean().item()
    assert trained.epochs[-1].val_psnr_db > nothing + 4
