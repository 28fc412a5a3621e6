"""Two processes that share each batch learn what one learns alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import multiprocessing

from models.data.augmentation import Augment
from models.data.diff_augment import DiffAugment
from models.training import together
from models.training.config import TrainConfig
from models.training.pieces import pieces
from models.training.run import train
from models.training.watch import TrainingError, Watch
from tests.models.training import shared_run
from tests.models.training.test_run import CPU, TINY, pictures, small

RANKS = 2


def shared(folder: Path, config: TrainConfig, *, stop_after: int | None = None) -> Any:
    """What each of two processes told at its end."""
    folder.mkdir(exist_ok=True)
    arguments = (RANKS, folder, config, stop_after)
    multiprocessing.spawn(shared_run.one, arguments, nprocs=RANKS)
    ended = [max(folder.glob(f"ended-{rank}-*.json")) for rank in range(RANKS)]
    return [json.loads(path.read_text()) for path in ended]


def curve(epochs: Any) -> list[dict[str, float]]:
    return [epoch["losses"] for epoch in epochs]


def alone(folder: Path, config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> Any:
    small(monkeypatch)
    return train(config, pictures(), folder=folder, device=CPU, watch=Watch())


def assert_alike(one: list[dict[str, float]], two: list[dict[str, float]]) -> None:
    assert [set(losses) for losses in one] == [set(losses) for losses in two]
    for mine, theirs in zip(one, two, strict=True):
        assert theirs == pytest.approx(mine, rel=2e-3, abs=2e-3)


def test_alone_all_of_it_is_nothing():
    values = torch.arange(3.0)

    together.add_up([values])
    together.even_out([values])

    assert (together.ranks(), together.is_first()) == (1, True)
    assert values.tolist() == [0.0, 1.0, 2.0]
    assert together.own_rows(7) == range(7)
    assert together.told_by_first(lambda: "said") == "said"
    assert [together.is_wanted(by_me=wants) for wants in (True, False)] == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "told"),
    [
        (
            "gan",
            {"diff_augment": DiffAugment(("translation", "cutout")), "augment": Augment(flip=True)},
        ),
        ("vae", {"reconstruction": "mse", "clip_norm": 1.0, "accumulate": 2}),
    ],
    ids=["gan", "vae"],
)
def test_two_processes_have_the_loss_curve_of_one(tmp_path, monkeypatch, network, told):
    config = replace(TINY, network=network, epochs=3, batch_size=6, **told)
    expected = alone(tmp_path / "alone", config, monkeypatch)

    first, second = shared(tmp_path / "shared", config)

    assert_alike([epoch.losses for epoch in expected.epochs], curve(first["epochs"]))
    assert first["epochs"] == second["epochs"]
    assert first["recipe"]["processes"] == 2
    assert second["recipe"] is None
    assert first["recipe"]["steps"] == expected.card.recipe["steps"]
    weights = torch.cat([p.flatten() for p in _kept(expected.folder)])
    others = torch.cat([p.flatten() for p in _kept(tmp_path / "shared" / "run")])
    torch.testing.assert_close(weights, others, rtol=0.02, atol=2e-3)


@pytest.mark.slow
def test_two_processes_go_on_where_they_were_stopped(tmp_path, monkeypatch):
    config = replace(TINY, epochs=3, batch_size=6, reconstruction="mse")
    whole, _ = shared(tmp_path / "whole", config)

    stopped, followed = shared(tmp_path / "shared", config, stop_after=3)
    first, second = shared(tmp_path / "shared", config)

    assert (stopped["steps"], followed["steps"]) == (3, 3)
    assert stopped["recipe"] is None
    assert curve(first["epochs"]) == curve(second["epochs"]) == curve(whole["epochs"])
    kept = (tmp_path / name / "run" / "model.safetensors" for name in ("shared", "whole"))
    assert len({path.read_bytes() for path in kept}) == 1


@pytest.mark.slow
def test_one_process_goes_on_where_two_were_stopped(tmp_path, monkeypatch):
    config = replace(TINY, epochs=3, batch_size=6, reconstruction="mse")
    whole, _ = shared(tmp_path / "whole", config)
    shared(tmp_path / "shared", config, stop_after=3)

    resumed = alone(tmp_path / "shared" / "run", config, monkeypatch)

    assert_alike(curve(whole["epochs"]), [epoch.losses for epoch in resumed.epochs])
    assert resumed.card.recipe["processes"] == 1


def test_rows_of_all_processes_are_the_batch(monkeypatch):
    cut = []
    for rank in range(3):
        monkeypatch.setattr(together, "_are_several", lambda: True)
        monkeypatch.setattr(together.dist, "get_rank", lambda rank=rank: rank)
        monkeypatch.setattr(together.dist, "get_world_size", lambda: 3)
        cut += pieces(10, parts=2)

    assert [(one.rows.start, one.rows.stop) for one in cut] == [
        (0, 1), (1, 3), (3, 4), (4, 6), (6, 8), (8, 10),
    ]  # fmt: skip
    assert sum(one.share for one in cut) == pytest.approx(1.0)


def test_more_processes_than_pictures_a_step_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(together, "ranks", lambda: 9)

    with pytest.raises(TrainingError, match="9 processes want a picture each") as caught:
        train(TINY, pictures(), folder=tmp_path, device=CPU, watch=Watch())

    assert caught.value.code == "batch_too_small"


def _kept(folder: Path) -> list[torch.Tensor]:
    from safetensors.torch import load_file

    tensors = load_file(folder / "model.safetensors")
    return [tensors[name].float() for name in sorted(tensors)]
