"""What TensorBoard is given, read back by TensorBoard; and what is said where it is not there."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from models.training.watch import Epoch
from workers import board, refusals, settings
from workers.board import Unwritten

NEEDS_IT = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is not installed"
)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("WORKER_TENSORBOARD_FOLDER", str(tmp_path))
    settings.get.cache_clear()
    yield tmp_path
    settings.get.cache_clear()


def epoch(number: int, **given: Any) -> Epoch:
    told: dict[str, Any] = {
        "losses": {"kl": 0.5 * number}, "val_psnr_db": 20.0 + number, "val_ssim": None,
        "learning_rate": 1e-3, "seconds": 2.0, "images_per_s": 9.0,
    }  # fmt: skip
    return Epoch(number, **{**told, **given})


def test_nothing_is_written_unless_a_folder_is_set(home: Path) -> None:
    assert isinstance(board.of_job("job"), Unwritten)


def test_a_folder_without_the_package_stops_the_worker_at_its_start(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)

    with pytest.raises(refusals.Refused, match=r"packshot\[tensorboard\]"):
        refusals.check(["train"])


def test_a_worker_that_does_not_train_needs_no_package(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)

    refusals.check(["gpu"])


@NEEDS_IT
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_losses_scores_and_pictures_are_there_by_epoch(folder: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    one = board.of_job("job")
    one.grid(torch.full((1, 1, 4, 8), 0.5))
    one.epoch(epoch(1))
    one.epoch(epoch(2, scores={"accuracy": 0.75}, peak_memory_mb=300.0))

    read = EventAccumulator(str(folder / "job")).Reload()
    scalars = {
        name: [(event.step, event.value) for event in read.Scalars(name)]
        for name in read.Tags()["scalars"]
    }
    assert scalars["loss/kl"] == [(1, 0.5), (2, 1.0)]
    assert scalars["validation/psnr_db"] == [(1, 21.0), (2, 22.0)]
    assert scalars["validation/accuracy"] == [(2, 0.75)]
    assert scalars["run/peak_memory_mb"] == [(2, 300.0)]
    assert "validation/ssim" not in scalars
    (picture,) = read.Images("grid")
    assert (picture.step, picture.width, picture.height) == (1, 8, 4)
