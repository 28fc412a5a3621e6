"""A GAN is examined while it learns; one that draws the same again and again is refused."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.networks.gan import Generator
from models.training import gan
from models.training.config import TrainConfig
from models.training.run import train
from models.training.watch import TrainingError, Watch
from tests.shelf import drawn as shelf

CPU = torch.device("cpu")
CONFIG = TrainConfig("gan", epochs=2, batch_size=20, z_dim=8, precision="float32")


def greys() -> ImageSet:
    """Of each of three categories twenty to learn from and ten that are held out."""
    learnt, held_out = shelf(20, seed=0), shelf(10, seed=1)
    pictures = torch.cat([learnt.images, held_out.images])
    return ImageSet(
        "greys",
        pictures.repeat_interleave(4, 2).repeat_interleave(4, 3),
        torch.cat([learnt.labels, held_out.labels]),
        ("cup", "lamp", "chair"),
        torch.arange(60, 90),
        "CC0",
        "made here",
    )


def test_every_epoch_has_its_scores_and_the_best_is_kept(tmp_path):
    trained = train(CONFIG, greys(), folder=tmp_path, device=CPU, watch=Watch())

    assert [next(iter(epoch.scores)) for epoch in trained.epochs] == ["class_coverage"] * 2
    assert all(0 <= one <= 1 for epoch in trained.epochs for one in epoch.scores.values())
    best = max(epoch.scores["class_coverage"] for epoch in trained.epochs)
    assert trained.card.scores["val_class_coverage"] == best


def test_a_generator_that_draws_the_same_again_and_again_is_refused(tmp_path, monkeypatch):
    def constant(self: Generator, z: Tensor, label: Tensor) -> Tensor:
        image = torch.sigmoid(self.out.bias.mean()) * (label + 1)[:, None, None, None] / 3
        side = self.config.image_size
        return (image + 0 * z.sum()).expand(-1, self.config.channels, side, side)

    monkeypatch.setattr(Generator, "forward", constant)
    monkeypatch.setattr(gan, "STEPS_TO_LEARN_IN", 1)

    with pytest.raises(TrainingError) as caught:
        train(CONFIG, greys(), folder=tmp_path, device=CPU, watch=Watch())

    assert caught.value.code == "mode_collapse"
    assert "spread 0.000" in str(caught.value)
    assert not (tmp_path / "model.safetensors").exists()


def test_one_that_had_no_time_to_learn_is_only_poor(tmp_path):
    config = replace(CONFIG, epochs=1)

    trained = train(config, greys(), folder=tmp_path, device=CPU, watch=Watch())

    assert trained.written is not None
