"""Whether labels that a classifier gives itself help: few labels alone, and with the rest guessed.

`python -m benchmarks.pseudo_labels --pictures 5000 --share 0.1` teaches classifiers on
Fashion-MNIST and measures both rounds of each on its 10,000 test pictures, which nothing learnt
from and nothing was chosen by. With --longer labels alone have, once more, as many steps as both
rounds together. Killed and started again with the same --folder, it goes on.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import cast

import torch

from benchmarks.garments import part
from models import weights
from models.data import fashion_mnist
from models.data.image_set import ImageSet, Part
from models.metrics.accuracy import accuracy
from models.networks.classifier import ProductClassifier
from models.training import pseudo_labels
from models.training.batches import batch_of, steps_of
from models.training.config import RECIPES, TrainConfig
from models.training.pseudo_labels import FIRST
from models.training.watch import Watch

CPU = torch.device("cpu")
LONGER = "longer"


def main(arguments: list[str]) -> None:
    """A line for each seed, and one for all."""
    asked = _parsed(arguments)
    images = part(asked.pictures)
    config = replace(
        RECIPES["classifier"],
        epochs=asked.epochs,
        batch_size=asked.batch_size,
        labelled_share=asked.share,
        pseudo_threshold=asked.threshold,
    )
    test = Part(*fashion_mnist.read_test())
    found = []
    for seed in asked.seeds:
        since, folder = time.monotonic(), asked.folder / str(seed)
        run = replace(config, seed=seed)
        trained = pseudo_labels.train(run, images, folder=folder, device=CPU, watch=Watch())
        found.append(Found(_accuracy(folder / FIRST, test), _accuracy(trained.folder, test)))
        scores = trained.card.scores
        print(
            f"seed {seed}: {found[-1]}; {scores['pseudo_labels']:.0f} guesses, "
            f"{scores['pseudo_right']:.2%} right; {time.monotonic() - since:.0f} s",
            flush=True,
        )
    print(f"mean: {Found(*(mean(column) for column in zip(*map(astuple, found), strict=True)))}")
    gains = [one.guessed - one.alone for one in found]
    spread = f" ± {stdev(gains):.2%}" if len(gains) > 1 else ""
    print(f"with guesses {mean(gains):+.2%}{spread} over {len(gains)} seeds", flush=True)
    for seed in asked.seeds if asked.longer else ():
        folder = asked.folder / str(seed) / LONGER
        _train_longer(replace(config, seed=seed), images, folder=folder)
        accurate = _accuracy(folder / FIRST, test)
        print(f"seed {seed}: labels alone for twice as long {accurate:.2%}", flush=True)


@dataclass(frozen=True, slots=True)
class Found:
    """Accuracy on the test pictures, 0 to 1."""

    alone: float
    guessed: float

    def __str__(self) -> str:
        return f"labels alone {self.alone:.2%}, with guesses {self.guessed:.2%}"


def _train_longer(config: TrainConfig, images: ImageSet, *, folder: Path) -> None:
    """Without guesses an epoch sees each labelled picture once: there are more, for the steps."""
    learnt = len(images.split()[0])
    steps = 2 * config.epochs * steps_of(config, learnt)
    epochs = round(steps / steps_of(config, round(config.labelled_share * learnt)))
    alone = replace(config, pseudo_threshold=None, epochs=epochs, measured_every=10)
    pseudo_labels.train(alone, images, folder=folder, device=CPU, watch=Watch())


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5_000, help="to learn from")
    parser.add_argument("--share", type=float, default=0.1, help="of the labels that is told")
    parser.add_argument("--threshold", type=float, default=0.3, help="below it no guess is used")
    parser.add_argument("--epochs", type=int, default=6, help="over all pictures, in each round")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--batch-size", type=int, default=64, help="of the first round")
    parser.add_argument("--longer", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "pseudo")
    return parser.parse_args(arguments)


@torch.inference_mode()
def _accuracy(folder: Path, test: Part) -> float:
    """As it would be served: from its float16 file."""
    network = cast(ProductClassifier, weights.load(folder)[1])
    pieces = torch.split(torch.arange(len(test)), 500)
    logits = torch.cat([network(batch_of(test, rows, CPU).images) for rows in pieces])
    return accuracy(logits, test.labels)


if __name__ == "__main__":
    main(sys.argv[1:])
