"""Photographs as patches."""

import numpy as np
import pytest
import torch
from PIL import Image

from models.data import photographs


def save(path, width: int, height: int, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, np.uint8)).save(path, quality=95)


def test_photographs_are_halved_quartered_and_cut(tmp_path):
    save(tmp_path / "one.jpg", 130, 66, 100)

    images = photographs.read(tmp_path, patch=16).images

    # 65 × 33 gives 4 × 2 patches, 33 × 17 gives 2 × 1.
    assert images.shape == (10, 3, 16, 16)
    assert images.dtype == torch.uint8


def test_whole_photographs_are_held_out(tmp_path):
    save(tmp_path / "life_by_someone.jpg", 64, 64, 0)
    save(tmp_path / "other.jpg", 64, 64, 255)
    save(tmp_path / "mate/nature/TwoWings.jpg", 64, 64, 0)

    learning, held_out = photographs.read(tmp_path, patch=16).split()

    assert learning.images.min() > 250
    assert held_out.images.max() < 5


def test_a_patch_is_a_window_of_its_photograph():
    gradient = np.arange(64, dtype=np.uint8)[None, :, None].repeat(32, 0).repeat(3, 2)

    patches = photographs._cut(Image.fromarray(gradient), 16)

    assert patches[:4, 0, 0, 0].tolist() == [0, 16, 32, 48]


def test_of_all_patches_the_half_that_shows_more_is_kept(tmp_path):
    save(tmp_path / "plain.jpg", 1024, 256, 100)
    noise = np.random.default_rng(0).integers(0, 256, (256, 1024, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "rich.jpg", quality=95)
    Image.fromarray(noise).save(tmp_path / "life_rich.jpg", quality=95)

    found = photographs.read_detailed(tmp_path)

    learning, held_out = found.split()
    plain = photographs.read(tmp_path).images.flatten(1).double().std(1) < 5
    assert plain.any()
    assert found.images.flatten(1).double().std(1).min() > 5
    assert min(len(learning), len(held_out)) > 0


def test_a_machine_without_photographs_is_told_so(tmp_path):
    with pytest.raises(photographs.NoPhotographsError):
        photographs.read(tmp_path)
