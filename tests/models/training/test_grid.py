"""After each epoch there is a picture of what the network makes, of the same things every time."""

from dataclasses import replace

import pytest
import torch

from models.training.grid import COLUMNS, grid
from models.training.run import train
from models.training.trainer import trainer_for
from models.training.watch import Watch
from tests.cutouts import cutouts
from tests.models.training.test_run import CPU, TINY, pictures, small

SIDE = 28 + 2


def grid_of(network: str, monkeypatch, *, held_out: int = 4) -> torch.Tensor | None:
    small(monkeypatch)
    restores = network in ("denoiser", "upscaler")
    config = replace(TINY, network=network, channels=3 if restores else 1)
    images = pictures(side=24 if restores else 28, held_out=held_out)
    if restores:
        images = replace(images, images=images.images.repeat(1, 3, 1, 1))
    return grid(trainer_for(config, images, CPU), *images.split(), CPU)


def test_a_gan_s_grid_has_a_row_for_each_category(monkeypatch):
    drawn = grid_of("gan", monkeypatch)

    assert drawn.shape == (1, 1, 2 * SIDE, COLUMNS * SIDE)
    assert 0 <= drawn.min() < drawn.max() <= 1


def test_a_vae_s_grid_has_held_out_pictures_above_what_was_made_of_them(monkeypatch):
    drawn = grid_of("vae", monkeypatch)

    _, held_out = pictures().split()
    assert drawn.shape == (1, 1, 2 * SIDE, COLUMNS * SIDE)
    for column in range(4):
        start = column * SIDE + 1
        cell = drawn[0, :, 1 : SIDE - 1, start : start + 28]
        torch.testing.assert_close(cell, held_out.images[column] / 255)
    assert (drawn[..., 4 * SIDE :] == 1).all()  # there are four, and room for eight


def test_of_a_set_without_held_out_pictures_learnt_ones_are_shown(monkeypatch):
    drawn = grid_of("vae", monkeypatch, held_out=0)

    assert drawn.shape == (1, 1, 4 * SIDE, COLUMNS * SIDE)


def test_a_denoiser_s_grid_has_spoiled_pictures_above_restored_ones(monkeypatch):
    drawn = grid_of("denoiser", monkeypatch)

    side = 24 + 2
    assert drawn.shape == (1, 3, 2 * side, COLUMNS * side)
    clean = pictures(side=24).split()[1].images[0] / 255
    error = drawn[0, :, 1 : side - 1, 1 : side - 1].clamp(0, 1) - clean
    assert 0.03 < error.abs().mean() < 0.12  # sigma is 25 of 255


def test_an_upscaler_s_grid_has_small_pictures_above_enlarged_ones(monkeypatch):
    drawn = grid_of("upscaler", monkeypatch)

    side = 24 + 2
    assert drawn.shape == (1, 3, 2 * side, COLUMNS * side)
    small_one = drawn[0, :, 1 : side - 1, 1 : side - 1]
    assert torch.equal(small_one[:, ::2, ::2], small_one[:, 1::2, 1::2])


def test_a_translator_s_grid_has_sketches_above_what_was_drawn_from_them(monkeypatch):
    drawn = grid_of("translator", monkeypatch)

    assert drawn.shape == (1, 1, 2 * SIDE, COLUMNS * SIDE)
    assert set(drawn[..., 1 : SIDE - 1, 1 : SIDE - 1].unique().tolist()) <= {0.0, 1.0}


def test_a_matte_s_grid_has_pictures_above_what_is_the_product_in_them():
    images = cutouts()
    config = replace(TINY, network="matte", channels=3)

    drawn = grid(trainer_for(config, images, CPU), *images.split(), CPU)

    side = 32 + 2
    assert drawn.shape == (1, 3, 2 * side, COLUMNS * side)
    assert not torch.equal(drawn[:, 0, :side], drawn[:, 1, :side])
    assert torch.equal(drawn[:, 0, side:], drawn[:, 1, side:])


def test_a_network_that_makes_no_pictures_has_no_grid(monkeypatch):
    assert grid_of("classifier", monkeypatch) is None


def test_the_same_noise_and_pictures_are_shown_after_each_epoch(tmp_path, monkeypatch):
    small(monkeypatch)
    shown = []

    watch = Watch(on_grid=shown.append)
    train(TINY, pictures(), folder=tmp_path, device=CPU, watch=watch)

    assert len(shown) == 4
    assert all(torch.equal(one[:, :, :SIDE], shown[0][:, :, :SIDE]) for one in shown)
    assert not torch.equal(shown[0], shown[-1])


def test_looking_changes_nothing_of_a_run(tmp_path, monkeypatch):
    small(monkeypatch)
    blind = train(TINY, pictures(), folder=tmp_path / "a", device=CPU, watch=Watch())

    watch = Watch(on_grid=lambda _: None)
    seen = train(TINY, pictures(), folder=tmp_path / "b", device=CPU, watch=watch)

    assert seen.card.sha256 == blind.card.sha256


@pytest.mark.parametrize("network", ["gan", "vae"])
def test_an_epoch_tells_the_memory_that_it_took(tmp_path, monkeypatch, network):
    small(monkeypatch)
    config = replace(TINY, network=network, epochs=1)

    (epoch,) = train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch()).epochs

    assert 50 < epoch.peak_memory_mb < 20_000
