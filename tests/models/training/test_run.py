"""Training runs: they end with weights, go on where they were killed, and say what is wrong."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from torch import nn

from models import calling, weights
from models.data.augmentation import Augment
from models.training import validate
from models.training.config import TrainConfig
from models.training.run import train
from models.training.watch import TrainingError, Watch
from tests.runs import CPU, TINY, Killed, killed_at, lessons, pictures, small

NETWORKS = (
    "gan", "vae", "denoiser", "classifier", "upscaler", "translator", "matte", "style", "inpainter",
    "warp",
)  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS)
def test_a_run_ends_with_weights_and_a_card_that_read_back(tmp_path, monkeypatch, network):
    small(monkeypatch)
    seen = []

    watch = Watch(on_epoch=seen.append)
    config = replace(TINY, network=network, epochs=2)
    trained = train(config, lessons(network), folder=tmp_path, device=CPU, watch=watch)

    again = weights.read((tmp_path / "model.safetensors").read_bytes(), trained.card)
    assert calling.doors(again)
    assert tuple(seen) == trained.epochs
    assert [epoch.number for epoch in seen] == [1, 2]
    assert not trained.stopped
    assert trained.card.recipe["seed"] == 0
    assert trained.card.recipe["steps"] == 4
    assert trained.card.categories == ("a", "b")
    assert trained.card.licence == "CC0"


@pytest.mark.parametrize("network", NETWORKS)
def test_a_run_that_was_killed_and_resumed_is_the_run_that_was_not(tmp_path, monkeypatch, network):
    small(monkeypatch)
    config = replace(TINY, network=network, augment=Augment(rotate_deg=10, flip=True))
    whole = train(config, lessons(network), folder=tmp_path / "a", device=CPU, watch=Watch())

    with pytest.raises(Killed):
        train(config, lessons(network), folder=tmp_path / "b", device=CPU, watch=killed_at(5))
    again = train(config, lessons(network), folder=tmp_path / "b", device=CPU, watch=Watch())

    assert again.card.sha256 == whole.card.sha256
    assert [e.losses for e in again.epochs] == [e.losses for e in whole.epochs]
    assert [e.val_psnr_db for e in again.epochs] == [e.val_psnr_db for e in whole.epochs]
    assert [e.scores for e in again.epochs] == [e.scores for e in whole.epochs]


@pytest.mark.parametrize("step", [3, 5, 8], ids="killed at step {}".format)
def test_a_run_killed_between_two_measured_epochs_has_the_curve_of_one_that_was_not(
    tmp_path, monkeypatch, step
):
    small(monkeypatch)
    config = replace(TINY, epochs=5, measured_every=2)
    whole = train(config, pictures(), folder=tmp_path / "a", device=CPU, watch=Watch())

    with pytest.raises(Killed):
        train(config, pictures(), folder=tmp_path / "b", device=CPU, watch=killed_at(step))
    again = train(config, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch())

    measured = [one.val_psnr_db is not None for one in whole.epochs]
    assert measured == [False, True, False, True, True]
    assert [_curve(one) for one in again.epochs] == [_curve(one) for one in whole.epochs]
    assert again.card.sha256 == whole.card.sha256
    assert again.card.scores == whole.card.scores


def _curve(epoch):
    scores = (epoch.val_psnr_db, epoch.val_ssim, epoch.scores)
    return (epoch.number, epoch.losses, epoch.learning_rate, *scores)


@pytest.mark.parametrize("network", ["gan", "vae"])
def test_a_run_with_attention_learns_to_attend_and_is_served(tmp_path, monkeypatch, network):
    small(monkeypatch)
    config = replace(TINY, network=network, blocks="attention", learning_rate=1e-2)
    trained = train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    served = weights.read((tmp_path / "model.safetensors").read_bytes(), trained.card)
    gates = [value.item() for name, value in served.named_parameters() if name.endswith("gate")]
    assert trained.card.config["blocks"] == "attention"
    assert len(gates) == {"gan": 2, "vae": 4}[network]
    assert any(gates)


def test_only_what_draws_has_blocks_with_attention():
    with pytest.raises(ValueError, match="only a GAN or a VAE"):
        TrainConfig("classifier", blocks="attention")


def test_a_checkpoint_in_the_middle_of_an_epoch_loses_no_step(tmp_path, monkeypatch):
    small(monkeypatch)
    monkeypatch.setattr("models.training.run.CHECKPOINT_EVERY_S", 0.0)
    whole = train(TINY, pictures(), folder=tmp_path / "a", device=CPU, watch=Watch())
    first, second = [], []

    def kill(done: int, _total: int) -> None:
        first.append(done)
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        train(TINY, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch(on_progress=kill))
    watch = Watch(on_progress=lambda done, _total: second.append(done))
    again = train(TINY, pictures(), folder=tmp_path / "b", device=CPU, watch=watch)

    assert (first, second) == ([1, 2, 3, 4], [4, 5, 6, 7, 8])
    assert again.card.sha256 == whole.card.sha256
    assert [e.losses for e in again.epochs] == [e.losses for e in whole.epochs]


def test_another_seed_gives_other_weights(tmp_path, monkeypatch):
    small(monkeypatch)
    one = train(TINY, pictures(), folder=tmp_path / "a", device=CPU, watch=Watch())
    config = replace(TINY, seed=1)
    other = train(config, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch())

    assert one.card.sha256 != other.card.sha256


@pytest.mark.parametrize("stop_after", [0, 1, 5])
def test_a_run_that_is_stopped_saves_its_place_and_goes_on_later(tmp_path, monkeypatch, stop_after):
    small(monkeypatch)
    done = []
    watch = Watch(
        on_progress=lambda step, _total: done.append(step),
        should_stop=lambda: len(done) >= stop_after,
    )

    trained = train(TINY, pictures(), folder=tmp_path, device=CPU, watch=watch)

    assert trained.stopped
    assert len(done) == stop_after
    assert (tmp_path / "checkpoint.safetensors").exists()
    whole = train(TINY, pictures(), folder=tmp_path / "whole", device=CPU, watch=Watch())
    again = train(TINY, pictures(), folder=tmp_path, device=CPU, watch=Watch())
    assert not again.stopped
    assert again.card.sha256 == whole.card.sha256


def test_a_run_that_is_stopped_ends_without_the_work_of_the_end(tmp_path, monkeypatch):
    small(monkeypatch)
    done = []
    watch = Watch(
        on_progress=lambda step, _total: done.append(step), should_stop=lambda: len(done) >= 3
    )
    monkeypatch.setattr("models.training.vae.VaeTrainer.finish", _never)

    trained = train(TINY, pictures(), folder=tmp_path, device=CPU, watch=watch)

    assert [epoch.number for epoch in trained.epochs] == [1]
    assert not (tmp_path / "model.safetensors").exists()
    with pytest.raises(ValueError, match="no card"):
        _ = trained.card


def _never(*_args) -> None:
    pytest.fail("a run that was asked to stop took its time")


def test_progress_is_told_in_steps_of_the_whole_run(tmp_path, monkeypatch):
    small(monkeypatch)
    told = []
    watch = Watch(on_progress=lambda done, total: told.append((done, total)))

    train(TINY, pictures(), folder=tmp_path, device=CPU, watch=watch)

    assert told == [(step, 8) for step in range(1, 9)]


@pytest.mark.parametrize(
    ("network", "losses"),
    [
        ("gan", {"generator", "discriminator", "r1"}),
        ("vae", {"reconstruction", "kl"}),
        ("denoiser", {"l1"}),
        ("upscaler", {"l1"}),
        ("translator", {"critic", "translator", "l1"}),
        ("style", {"l1", "style"}),
        ("inpainter", {"critic", "inpainter", "l1"}),
        ("matte", {"coarse", "fine", "rim"}),
        ("warp", {"way", "grid", "picture", "uneven"}),
        ("classifier", {"cross_entropy"}),
    ],
)
def test_each_epoch_tells_its_losses(tmp_path, monkeypatch, network, losses):
    small(monkeypatch)
    config = replace(TINY, network=network, epochs=1)

    (epoch,) = train(config, lessons(network), folder=tmp_path, device=CPU, watch=Watch()).epochs

    assert set(epoch.losses) == losses
    assert (epoch.val_psnr_db is None) == (network in ("gan", "classifier"))
    assert (epoch.val_ssim is None) == (network in ("gan", "classifier"))
    assert bool(epoch.scores) == (network in ("classifier", "inpainter", "warp"))
    assert epoch.seconds > 0
    assert epoch.images_per_s > 0


@pytest.mark.parametrize("network", ["vae", "classifier"])
def test_a_set_without_validation_has_no_scores(tmp_path, monkeypatch, network):
    small(monkeypatch)

    config, images = replace(TINY, network=network), pictures(held_out=0)
    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    assert {epoch.val_psnr_db for epoch in trained.epochs} == {None}
    assert [epoch.scores for epoch in trained.epochs] == [{}] * 4
    assert trained.card.scores == {}


@pytest.mark.parametrize("network", NETWORKS)
def test_fewer_than_eight_pictures_are_too_few(tmp_path, network):
    config = replace(TINY, network=network)

    with pytest.raises(TrainingError, match="dataset_too_small: 7 training pictures") as caught:
        train(config, pictures(11), folder=tmp_path, device=CPU, watch=Watch())

    assert caught.value.code == "dataset_too_small"


@pytest.mark.parametrize("network", ["matte", "warp"])
def test_some_are_not_learnt_from_pictures_that_are_not_cut_out(tmp_path, network):
    config = replace(TINY, network=network)

    with pytest.raises(TrainingError, match="no_transparency"):
        train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch())


@pytest.mark.parametrize("network", ["gan", "vae"])
def test_a_loss_that_is_no_number_stops_the_run(tmp_path, monkeypatch, network):
    small(monkeypatch)
    config = replace(TINY, network=network, learning_rate=1e30)

    with pytest.raises(TrainingError, match="loss left all bounds at step") as caught:
        train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    assert caught.value.code == "loss_not_finite"
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("network", ["gan", "vae", "denoiser"])
def test_a_learning_rate_of_a_thousand_stops_the_run_within_an_epoch(tmp_path, network):
    config = replace(TINY, network=network, learning_rate=1e3)

    with pytest.raises(TrainingError, match="loss_not_finite"):
        train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_disk_that_fills_leaves_the_last_checkpoint_whole(tmp_path, monkeypatch):
    small(monkeypatch)
    whole = train(TINY, pictures(), folder=tmp_path / "a", device=CPU, watch=Watch())
    with pytest.raises(Killed):
        train(TINY, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch(on_epoch=_killed))
    before = (tmp_path / "b" / "checkpoint.safetensors").read_bytes()

    with files_of_at_most(len(before) // 2), pytest.raises(OSError, match="File too large"):
        train(TINY, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch())

    assert (tmp_path / "b" / "checkpoint.safetensors").read_bytes() == before
    assert not list((tmp_path / "b").glob("*.draft"))
    again = train(TINY, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch())
    assert again.card.sha256 == whole.card.sha256


def _killed(_epoch) -> None:
    raise Killed


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """As a disk that is nearly full: the system refuses what goes beyond."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_folder_of_another_run_is_refused(tmp_path, monkeypatch):
    small(monkeypatch)
    train(TINY, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    with pytest.raises(TrainingError, match="other_run"):
        train(replace(TINY, beta=2.0), pictures(), folder=tmp_path, device=CPU, watch=Watch())


@pytest.mark.parametrize(("network", "image_size"), [("gan", 32), ("vae", 64)])
def test_colour_pictures_of_any_size_can_be_learnt_from(tmp_path, monkeypatch, network, image_size):
    small(monkeypatch)
    config = replace(TINY, network=network, epochs=1, channels=3, image_size=image_size)

    trained = train(
        config, pictures(16, side=40, channels=1), folder=tmp_path, device=CPU, watch=Watch()
    )

    assert trained.card.config["image_size"] == image_size
    assert trained.card.config["channels"] == 3


def test_the_best_epoch_is_kept_not_the_last(tmp_path, monkeypatch):
    small(monkeypatch)
    scores = iter([10.0, 30.0, 20.0, 15.0])
    monkeypatch.setattr(
        "models.training.run.quality",
        lambda *_: validate.Quality(psnr_db=next(scores), ssim=0.5, identical=0),
    )
    states = []

    def remember(_epoch) -> None:
        content = (tmp_path / "best.safetensors").read_bytes()
        states.append(content)

    watch = Watch(on_epoch=remember)
    trained = train(TINY, pictures(), folder=tmp_path, device=CPU, watch=watch)

    assert states[0] != states[1] == states[2] == states[3]
    assert trained.card.scores == {"val_psnr_db": 30.0, "val_ssim": 0.5}


def test_of_answers_that_are_no_pictures_the_first_score_decides_and_the_last_of_equals_is_kept(
    tmp_path, monkeypatch
):
    measured = iter([(0.5, 0.9), (0.7, 0.1), (0.7, 0.2), (0.6, 0.8)])
    monkeypatch.setattr(
        "models.training.run.quality",
        lambda *_: validate.Quality(scores=dict(zip("ab", next(measured), strict=True))),
    )
    states = []

    def remember(_epoch) -> None:
        states.append((tmp_path / "best.safetensors").read_bytes())

    config, watch = replace(TINY, network="classifier"), Watch(on_epoch=remember)
    trained = train(config, pictures(), folder=tmp_path, device=CPU, watch=watch)

    assert states[0] != states[1] != states[2] == states[3]
    assert trained.card.scores == {"val_a": 0.7, "val_b": 0.2}


def test_identical_reconstructions_are_counted_and_left_out_of_the_mean():
    class Half:
        def restored(self, batch):
            output = batch.images.clone()
            output[0] = 1 - output[0]
            return batch.images, output

        def scores(self, _learning, _held_out):
            return {}

    _, held_out = pictures().split()

    measured = validate.quality(Half(), held_out, held_out, CPU)

    assert measured.identical == 3
    assert measured.psnr_db < 20


def test_pictures_too_small_for_ssim_still_have_a_psnr():
    class Off:
        def restored(self, batch):
            return batch.images, 1 - batch.images

        def scores(self, _learning, _held_out):
            return {}

    _, held_out = pictures(side=7).split()

    measured = validate.quality(Off(), held_out, held_out, CPU)

    assert measured.ssim is None
    assert measured.psnr_db is not None


def test_the_second_stage_is_fitted_to_each_category(tmp_path, monkeypatch):
    small(monkeypatch)

    trained = train(TINY, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    network = weights.read((tmp_path / "model.safetensors").read_bytes(), trained.card)
    assert isinstance(network, nn.Module)
    assert network.prior_mean.abs().sum() > 0
    assert not torch.equal(network.prior_mean[0], network.prior_mean[1])
    assert not torch.equal(network.prior_scale[0], torch.eye(8))


def test_the_temperature_is_fitted_to_pictures_that_nothing_was_learnt_from(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(
        "models.training.classifier.temperature_for",
        lambda logits, labels: told.append((logits.shape, labels.tolist())) or 0.25,
    )
    images = pictures()

    config = replace(TINY, network="classifier")
    trained = train(config, images, folder=tmp_path, device=CPU, watch=Watch())

    network = weights.read((tmp_path / "model.safetensors").read_bytes(), trained.card)
    assert told == [((4, 2), images.labels[images.validation].tolist())]
    assert network.temperature.item() == 0.25


@pytest.mark.parametrize("side", [24, 40])
def test_a_classifier_learns_from_pictures_of_any_size(tmp_path, side):
    config = replace(TINY, network="classifier", epochs=1, channels=3)

    trained = train(config, pictures(side=side), folder=tmp_path, device=CPU, watch=Watch())

    assert trained.card.config == {"categories": 2, "channels": 3, "widths": (32, 64, 128)}
