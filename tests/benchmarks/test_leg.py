"""A leg on one device: runs as long as there is time, and what comes back of each network."""

import json
import tarfile
import time
from dataclasses import replace
from multiprocessing import Barrier

import pytest
import torch

from benchmarks import gpu_recipes, leg, pace
from benchmarks.pace import Pace
from models import weights
from models.data import packed
from models.data.image_set import ImageSet
from models.training.config import TrainConfig

CPU = torch.device("cpu")


def pictures(count: int = 40, side: int = 28) -> ImageSet:
    noise = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 1, side, side), generator=noise, dtype=torch.uint8)
    labels = torch.arange(count) % 2
    return ImageSet("set", images, labels, ("a", "b"), torch.arange(8), "CC0-1.0", "made")


def test_a_run_is_as_long_as_its_time_less_what_is_spared():
    config = TrainConfig("gan", epochs=1_000, measured_every=10)

    epochs = Pace(first_s=20.0, again_s=2.0, step_s=0.01).epochs(config, steps=200, seconds=300.0)

    assert epochs == int((300 * 0.9 - 20 - 4) / (2.0 + 0.2))


@pytest.mark.parametrize(("seconds", "epochs"), [(1e9, 7), (0.0, 1)])
def test_a_run_is_never_longer_than_is_good_nor_without_an_epoch(seconds, epochs):
    pace_found = Pace(first_s=1.0, again_s=1.0, step_s=1.0)

    assert pace_found.epochs(TrainConfig("vae", epochs=7), steps=10, seconds=seconds) == epochs


def test_the_pace_is_measured_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(pace.tempfile, "tempdir", str(tmp_path))
    config = TrainConfig("classifier", batch_size=8)
    since = time.monotonic()

    found = pace.measured(config, pictures(), CPU, seconds=0.2, together=Barrier(1))

    assert 0 < found.step_s < time.monotonic() - since
    assert list(tmp_path.iterdir()) == []


def test_without_the_twins_there_is_each_picture_once(tmp_path):
    once = pictures()
    learning = once.split()[0]
    both = replace(
        once,
        images=torch.cat([once.images, 255 - learning.images]),
        labels=torch.cat([once.labels, learning.labels]),
    )
    packed.write(both, tmp_path / "catalogue")

    assert gpu_recipes.as_rendered(tmp_path).digest() == once.digest()


@pytest.mark.parametrize("seconds", [30.0, 0.0], ids=["in time", "too late"])
def test_weights_come_back_whether_or_not_the_run_came_to_its_end(tmp_path, monkeypatch, seconds):
    config = TrainConfig("classifier", epochs=2, batch_size=8)
    lesson = gpu_recipes.Lesson(config, gpu_recipes.fashion)
    monkeypatch.setitem(gpu_recipes.LESSONS, "small", lesson)
    monkeypatch.setattr(leg, "MEASURED_S", 0.1)
    packed.write(pictures(), tmp_path / "pack" / "fashion-mnist")
    until = time.monotonic() + seconds
    told = leg.Leg(tmp_path / "pack", tmp_path / "out", "cpu", 1, seed=3, until=until)

    leg.learn("small", told, Barrier(1))

    folder = tmp_path / "out" / "small"
    card = weights.Card.from_json((folder / weights.CARD_FILE).read_text())
    weights.read((folder / weights.MODEL_FILE).read_bytes(), card)
    assert card.recipe["steps"] == (8 if seconds else 0)
    assert card.recipe["ended"] == ("epochs" if seconds else None)
    assert json.loads((folder / leg.CONFIG_FILE).read_text())["seed"] == 3
    assert leg.brought_back(tmp_path / "out", "small")
    with tarfile.open(tmp_path / "out" / "small.tar") as tar:
        assert f"small/{weights.MODEL_FILE}" in tar.getnames()


def test_what_nobody_knows_is_refused(capsys):
    with pytest.raises(SystemExit):
        leg.main(["nothing"])

    assert "nothing is known of nothing" in capsys.readouterr().err
