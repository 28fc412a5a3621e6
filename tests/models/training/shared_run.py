"""One of several processes that train together, for tests to start."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from models.training import together
from models.training.config import TrainConfig
from models.training.run import train
from models.training.watch import Watch
from tests.models.training.test_run import CPU, pictures, small


def one(rank: int, ranks: int, folder: Path, config: TrainConfig, stop_after: int | None) -> None:
    """Trains in FOLDER/run; the first writes its epochs, and every one its weights' sum, beside."""
    torch.set_num_threads(1)
    steps: list[int] = []
    watch = Watch(
        on_progress=lambda done, _: steps.append(done),
        should_stop=lambda: rank == 0 and stop_after is not None and len(steps) >= stop_after,
    )
    with pytest.MonkeyPatch.context() as patched:
        small(patched)
        store = f"file://{folder}/store-{len(list(folder.glob('ended-0-*')))}"
        with together.joined(CPU, rank=rank, ranks=ranks, at=store):
            made = train(config, pictures(), folder=folder / "run", device=CPU, watch=watch)
    told = {"epochs": [asdict(epoch) for epoch in made.epochs], "steps": len(steps)}
    told["recipe"] = None if made.written is None else made.card.recipe
    number = len(list(folder.glob(f"ended-{rank}-*")))
    (folder / f"ended-{rank}-{number}.json").write_text(json.dumps(told))
