"""Noise and windows: of the promised strength, and the same for the same generator."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator

from models.data.degradations import SIGMA_MAX, crops, lowered, noisy, noisy_pairs, sigmas


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_noise_has_the_strength_it_was_told():
    clean = torch.full((2, 3, 64, 64), 0.5)

    spoiled = noisy(clean, torch.tensor([10.0, 50.0]), chance())

    deviations = (spoiled - clean).flatten(1).std(1) * 255
    assert deviations.tolist() == pytest.approx([10.0, 50.0], rel=0.03)


def test_a_quarter_is_grey_with_grey_noise():
    clean, spoiled = noisy_pairs(torch.rand(8, 3, 16, 16), torch.full((8,), 25.0), chance())

    for images in (clean, spoiled):
        spread = (images - images.mean(1, keepdim=True)).abs().amax((1, 2, 3))
        assert spread[:2].max() < 1e-5
        assert spread[2:].min() > 0.1
    assert ((spoiled - clean).flatten(1).std(1) * 255).tolist() == pytest.approx([25] * 8, rel=0.2)


def test_strengths_stay_in_their_range():
    drawn = sigmas(1000, chance())

    assert drawn.min() >= 0
    assert drawn.max() <= SIGMA_MAX
    assert drawn.median() < SIGMA_MAX / 2


def test_windows_are_cut_from_the_pictures_without_changing_a_value():
    images = torch.arange(2 * 20 * 20, dtype=torch.float32).view(2, 1, 20, 20)

    windows = crops(images, 8, chance())

    for image, window in zip(images, windows, strict=True):
        assert set(window.flatten().tolist()) < set(image.flatten().tolist())


def test_the_same_generator_gives_the_same_windows_and_another_one_others():
    images = torch.rand(8, 3, 32, 32)

    assert torch.equal(crops(images, 16, chance(1)), crops(images, 16, chance(1)))
    assert not torch.equal(crops(images, 16, chance(1)), crops(images, 16, chance(2)))


@pytest.mark.parametrize("scale", [2, 4])
def test_a_picture_is_made_small_as_pillow_would(scale):
    levels = torch.randint(256, (1, 3, 24, 32), generator=chance()).byte()
    picture = Image.fromarray(levels[0].permute(1, 2, 0).numpy())

    small = lowered(levels / 255, scale=scale)

    theirs = np.asarray(picture.resize((32 // scale, 24 // scale), Image.Resampling.BICUBIC))
    off = small[0].permute(1, 2, 0).numpy() * 255 - theirs
    assert np.abs(off).max() < 1.01  # Pillow rounds twice
    assert np.abs(off).mean() < 0.3
