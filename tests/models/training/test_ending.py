"""A run ends before its last epoch when nothing better comes or what was wanted has come."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from models.training import validate
from models.training.run import train
from models.training.watch import Trained, TrainingError, Watch
from tests.models.training.test_run import CPU, TINY, Killed, pictures, small


@pytest.fixture(autouse=True)
def two_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)


def scored(
    monkeypatch: pytest.MonkeyPatch, *decibels: float, ssims: tuple[float, ...] = ()
) -> None:
    """Each epoch is as good as is said here."""
    values: Iterator[float] = iter(decibels)
    similar: Iterator[float] = iter(ssims or (0.5,) * len(decibels))
    monkeypatch.setattr(
        "models.training.run.quality",
        lambda *_: validate.Quality(psnr_db=next(values), ssim=next(similar), identical=0),
    )


def trained(folder, watch: Watch | None = None, **told) -> Trained:
    config = replace(TINY, epochs=6, **told)
    return train(config, pictures(), folder=folder, device=CPU, watch=watch or Watch())


def test_a_run_without_a_better_epoch_ends_well_with_the_best(tmp_path, monkeypatch):
    scored(monkeypatch, 10.0, 12.0, 11.0, 12.0, 99.0, 99.0)

    made = trained(tmp_path, patience=2)

    assert len(made.epochs) == 4
    assert made.card.scores["val_psnr_db"] == 12.0
    assert (made.card.recipe["ended"], made.card.recipe["steps"]) == ("patience", 8)


def test_a_better_epoch_in_time_gives_new_patience(tmp_path, monkeypatch):
    scored(monkeypatch, 10.0, 9.0, 11.0, 10.0, 12.0, 11.0)

    made = trained(tmp_path, patience=2)

    assert len(made.epochs) == 6
    assert made.card.recipe["ended"] == "epochs"


def test_a_run_ends_as_soon_as_its_target_is_there(tmp_path, monkeypatch):
    scored(monkeypatch, 10.0, 21.0, 99.0)

    made = trained(tmp_path, target=("val_psnr_db", 20.0))

    assert len(made.epochs) == 2
    assert made.card.scores["val_psnr_db"] == 21.0
    assert made.card.recipe["ended"] == "target"


def test_the_epoch_that_came_to_the_target_is_kept_though_another_score_was_better(
    tmp_path, monkeypatch
):
    scored(monkeypatch, 30.0, 20.0, ssims=(0.4, 0.9))

    made = trained(tmp_path, target=("val_ssim", 0.8))

    assert made.card.scores == {"val_psnr_db": 20.0, "val_ssim": 0.9}


@pytest.mark.parametrize("patience", [None, 2])
def test_a_run_that_does_not_come_to_its_target_fails_with_the_best_there_was(
    tmp_path, monkeypatch, patience
):
    scored(monkeypatch, 10.0, 14.25, 13.0, 12.0, 11.0, 10.0)

    with pytest.raises(TrainingError, match=r"came to 14\.25 at best, in epoch 2 of") as caught:
        trained(tmp_path, target=("val_psnr_db", 20.0), patience=patience)

    assert caught.value.code == "target_not_reached"
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("killed_after", [1, 3, 4])
def test_a_run_that_was_killed_counts_on(tmp_path, monkeypatch, killed_after):
    scored(monkeypatch, 10.0, 12.0, 11.0, 12.0, 99.0, 99.0)

    def kill(epoch) -> None:
        if epoch.number == killed_after:
            raise Killed

    with pytest.raises(Killed):
        trained(tmp_path, Watch(on_epoch=kill), patience=2)
    made = trained(tmp_path, patience=2)

    assert [epoch.number for epoch in made.epochs] == [1, 2, 3, 4]
    assert made.card.scores["val_psnr_db"] == 12.0


@pytest.mark.parametrize(
    "told", [{"patience": 3}, {"target": ("val_fun", 1.0)}], ids=lambda d: next(iter(d))
)
def test_a_score_that_is_never_measured_is_said_after_the_first_epoch(tmp_path, told):
    config = replace(TINY, network="classifier", **told)
    images = pictures(held_out=0) if "patience" in told else pictures()
    seen = []

    with pytest.raises(TrainingError, match="has no score to go by; there is: ") as caught:
        train(config, images, folder=tmp_path, device=CPU, watch=Watch(on_epoch=seen.append))

    assert caught.value.code == "score_missing"
    assert len(seen) == 1
