"""What a training is told it does; what it is not told is as in its recipe."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW

from models.data.diff_augment import DiffAugment
from models.training.batches import Batch, Moment
from models.training.config import RECIPES, TrainConfig
from models.training.optimizers import optimizer_for
from models.training.pieces import pieces, whole
from models.training.run import train
from models.training.schedule import share_of_peak
from models.training.trainer import trainer_for
from models.training.watch import Watch
from tests.runs import CPU, TINY, Killed, killed_at, pictures, small


@pytest.mark.parametrize(
    ("network", "kind", "decay", "betas"),
    [
        ("gan", Adam, 0.0, (0.0, 0.99)),
        ("vae", AdamW, 0.01, (0.9, 0.99)),
        ("denoiser", AdamW, 0.0, (0.9, 0.99)),
        ("upscaler", AdamW, 0.0, (0.9, 0.99)),
        ("style", AdamW, 0.0, (0.9, 0.99)),
        ("translator", Adam, 0.0, (0.5, 0.99)),
        ("inpainter", Adam, 0.0, (0.5, 0.99)),
        ("warp", Adam, 0.0, (0.9, 0.99)),
        ("matte", AdamW, 0.01, (0.9, 0.99)),
        ("classifier", SGD, 5e-4, None),
    ],
)
def test_a_network_that_is_told_nothing_learns_as_it_always_did(network, kind, decay, betas):
    optimizer = optimizer_for(nn.Linear(2, 2), RECIPES[network])

    assert type(optimizer) is kind
    assert optimizer.param_groups[0]["weight_decay"] == decay
    assert optimizer.param_groups[0].get("betas") == betas
    assert optimizer.param_groups[0]["lr"] == RECIPES[network].learning_rate


@pytest.mark.parametrize(("name", "kind"), [("adam", Adam), ("adamw", AdamW), ("sgd", SGD)])
def test_any_network_learns_with_any_optimiser(name, kind):
    config = TrainConfig("gan", optimizer=name, weight_decay=0.25)

    optimizer = optimizer_for(nn.Linear(2, 2), config)

    assert type(optimizer) is kind
    assert optimizer.param_groups[0]["weight_decay"] == 0.25


def test_a_classifiers_gains_do_not_decay_whatever_the_optimiser():
    config = TrainConfig("classifier", optimizer="adamw", weight_decay=0.25)

    groups = optimizer_for(nn.Linear(2, 2), config).param_groups

    assert [group["weight_decay"] for group in groups] == [0.25, 0.0]
    assert [[p.ndim for p in group["params"]] for group in groups] == [[2], [1]]


def test_schedules_go_where_they_promise():
    shares = {
        name: [share_of_peak(name, p) for p in (0.0, 0.5, 1.0)]
        for name in ("constant", "cosine", "linear", "one_cycle")
    }

    assert shares["constant"] == [1.0, 1.0, 1.0]
    assert shares["cosine"] == pytest.approx([1.0, 0.505, 0.01])
    assert shares["linear"] == pytest.approx([1.0, 1.0, 0.2])
    assert shares["one_cycle"][0] == pytest.approx(0.05)


def test_pieces_are_a_whole_batch_in_order():
    cut = pieces(10, parts=4)

    assert [(one.rows.start, one.rows.stop) for one in cut] == [(0, 2), (2, 5), (5, 7), (7, 10)]
    assert sum(one.share for one in cut) == pytest.approx(1.0)
    assert len(pieces(3, parts=8)) == 3
    assert pieces(5, parts=1)[0].share == 1


def test_the_loss_of_a_batch_is_the_mean_over_its_pictures():
    values = torch.arange(10.0)
    told = [(one, {"l": values[one.rows].mean()}) for one in pieces(10, parts=3)]

    torch.testing.assert_close(whole(told)["l"], values.mean())


def stepped(config: TrainConfig, count: int = 16) -> tuple[dict[str, torch.Tensor], nn.Module]:
    """The losses of one step, and the first network after it."""
    trainer = trainer_for(config, pictures(), CPU)
    side = 24 if config.network == "denoiser" else 28
    given = Batch(
        torch.rand(count, config.channels, side, side, generator=torch.Generator().manual_seed(0)),
        torch.arange(count) % 2,
    )
    losses = trainer.step(given, Moment(0, 0, 10, count))
    return losses, next(iter(trainer.networks.values()))


# Batch norm and the best variance are of what is computed at once: theirs is another loss.
@pytest.mark.parametrize("network", ["gan", "vae", "denoiser", "upscaler", "translator"])
def test_a_batch_in_pieces_is_the_step_of_the_whole(monkeypatch, network):
    small(monkeypatch)
    channels = 3 if network in ("denoiser", "upscaler") else 1
    config = replace(
        TINY, network=network, channels=channels, reconstruction="mse", optimizer="sgd",
        clip_norm=0.0,
    )  # fmt: skip

    whole, one = stepped(config)
    cut, other = stepped(replace(config, accumulate=4))

    assert set(whole) == set(cut)
    for name in whole:
        torch.testing.assert_close(whole[name], cut[name], rtol=1e-4, atol=1e-5)
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)


def test_pieces_make_a_step_larger_and_steps_fewer(tmp_path, monkeypatch):
    small(monkeypatch)
    config = replace(TINY, epochs=1, batch_size=4, accumulate=2)

    trained = train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    assert trained.card.recipe["steps"] == 2
    assert trained.card.recipe["pictures_a_step"] == 8


def test_a_gradient_is_no_longer_than_it_may_be(monkeypatch):
    small(monkeypatch)
    config = replace(TINY, network="gan", optimizer="sgd", clip_norm=1e-6, learning_rate=1.0)
    before = trainer_for(config, pictures(), CPU).networks["generator"]

    _, after = stepped(config)

    moved = [b - a for a, b in zip(before.parameters(), after.parameters(), strict=True)]
    # Nesterov's first step is 1 + momentum times the gradient.
    assert 0 < torch.cat([m.flatten() for m in moved]).norm().item() < 2e-6


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("gan", {"adversarial": "hinge"}),
        ("gan", {"adversarial": "least_squares"}),
        ("gan", {"adversarial": "minimax"}),
        ("gan", {"diff_augment": DiffAugment(("color", "translation", "cutout"))}),
        ("gan", {"dropout": 0.5}),
        ("vae", {"reconstruction": "mse"}),
        ("vae", {"reconstruction": "l1"}),
        ("vae", {"reconstruction": "bce"}),
        ("vae", {"free_bits": 5.0}),
        ("vae", {"dropout": 0.5}),
        ("vae", {"optimizer": "sgd"}),
        ("vae", {"weight_decay": 0.5}),
        ("classifier", {"smoothing": 0.0}),
        ("classifier", {"dropout": 0.5}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(f"{k}" for k in one),
)
def test_what_a_run_is_told_changes_the_step(monkeypatch, network, told):
    small(monkeypatch)
    config = replace(TINY, network=network, beta=4.0)
    if "free_bits" in told:  # the KL term is warm only later in a run
        monkeypatch.setattr("models.training.vae.KL_WARM_UP", 1e-9)
        monkeypatch.setattr(Moment, "progress", property(lambda _: 0.5))

    _, usual = stepped(config)
    _, other = stepped(replace(config, **told))

    pairs = zip(usual.parameters(), other.parameters(), strict=True)
    assert any(not torch.equal(one, two) for one, two in pairs)


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("gan", {"dropout": 0.3, "diff_augment": DiffAugment(("color",), p=0.5), "accumulate": 2}),
        ("vae", {"dropout": 0.3, "free_bits": 0.1, "optimizer": "sgd", "learning_rate": 1e-4}),
        ("classifier", {"dropout": 0.3, "optimizer": "adamw", "learning_rate": 1e-3}),
    ],
    ids=["gan", "vae", "classifier"],
)
def test_a_run_with_everything_told_goes_on_where_it_was_killed(
    tmp_path, monkeypatch, network, told
):
    small(monkeypatch)
    config = replace(TINY, network=network, schedule="cosine", clip_norm=1.0, **told)
    whole = train(config, pictures(), folder=tmp_path / "a", device=CPU, watch=Watch())

    with pytest.raises(Killed):
        train(config, pictures(), folder=tmp_path / "b", device=CPU, watch=killed_at(3))
    again = train(config, pictures(), folder=tmp_path / "b", device=CPU, watch=Watch())

    assert again.card.sha256 == whole.card.sha256


def test_the_card_says_also_what_the_run_was_not_told(tmp_path, monkeypatch):
    small(monkeypatch)
    config = replace(TINY, epochs=1, batch_size=500, schedule="constant")

    recipe = train(config, pictures(), folder=tmp_path, device=CPU, watch=Watch()).card.recipe

    assert (recipe["optimizer"], recipe["schedule"]) == ("adamw", "constant")
    assert (recipe["weight_decay"], recipe["clip_norm"]) == (0.01, 5.0)
    assert (recipe["reconstruction"], recipe["dropout"]) == ("gaussian", 0.0)
    # A batch larger than the set is the set.
    assert recipe["pictures_a_step"] == recipe["training_pictures"] == 16


@pytest.mark.parametrize(
    "wrong",
    [
        {"accumulate": 0}, {"dropout": 1.0}, {"smoothing": 1.0}, {"free_bits": -0.1},
        {"weight_decay": -1.0}, {"clip_norm": float("nan")},
    ],
    ids=["accumulate", "dropout", "smoothing", "free_bits", "weight_decay", "clip_norm"],
)  # fmt: skip
def test_impossible_options_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        TrainConfig("vae", **wrong)
