"""What a search finds beside the recipe: `python -m benchmarks.tuning vae --pictures 2000`.

Each trial as a `tune` job has it, without rows: settings of the usual space, on Fashion-MNIST.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from benchmarks.garments import part
from db.operations.tuning import Tune
from models.data.image_set import ImageSet
from models.training.config import RECIPES, TrainConfig
from models.training.run import train
from models.training.searching import Told, Trying, best, following
from models.training.watch import Epoch, Watch
from workers.tuning import space_of

CPU = torch.device("cpu")
Searched = Literal["gan", "vae", "classifier"]


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=get_args(Searched))
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--trials", type=int, default=12)
    asked = parser.parse_args()
    images = part(asked.pictures)
    config = replace(RECIPES[asked.network], epochs=asked.epochs)
    space = space_of(Tune(dataset="fashion-mnist", network=asked.network))
    print(f"the recipe: {max(_scores(config, images, None)):.4f}", flush=True)
    told: list[Told] = []
    for number in range(asked.trials):
        trying = following(space, told, seed=0)
        one = _told(config, images, trying)
        told.append(one)
        scores = " ".join(f"{score:.4f}" for score in one.scores)
        print(f"{number + 1} {one.state} {trying.parameters} {scores}", flush=True)
    place = best(told)
    if place is not None:
        print(f"the best: {place + 1}, {told[place].value:.4f}")


@dataclass(slots=True)
class Course:
    """One trial: its scores, and whether it is to end."""

    scores: list[float]
    trying: Trying | None
    is_behind: bool = False

    def epoch(self, epoch: Epoch) -> None:
        if epoch.decisive is None:
            raise ValueError("nothing to compare by")
        self.scores.append(epoch.decisive)
        if self.trying is not None:
            self.is_behind |= self.trying.is_behind(epoch.number, epoch.decisive)


def _told(config: TrainConfig, images: ImageSet, trying: Trying) -> Told:
    given: dict[str, Any] = trying.parameters
    scores = _scores(replace(config, **given), images, trying)
    if len(scores) < config.epochs:
        return Told(given, "pruned", None, tuple(scores))
    return Told(given, "complete", max(scores), tuple(scores))


def _scores(config: TrainConfig, images: ImageSet, trying: Trying | None) -> list[float]:
    course = Course([], trying)
    watch = Watch(on_epoch=course.epoch, should_stop=lambda: course.is_behind)
    with tempfile.TemporaryDirectory() as folder:
        train(config, images, folder=Path(folder), device=CPU, watch=watch)
    return course.scores


if __name__ == "__main__":
    main()
