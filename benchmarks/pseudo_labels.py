"""Whether labels that a classifier gives itself help: few labels alone, and with the rest named.

`python -m benchmarks.pseudo_labels --pictures 20000 --share 0.1 --seeds 3` teaches classifiers on
Fashion-MNIST and measures both rounds of each on its 10,000 test pictures, which nothing learnt
from and nothing was chosen by. Killed and started again with the same --folder, it goes on.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import cast

import torch

from benchmarks.garments import part
from models import weights
from models.data import fashion_mnist
from models.data.image_set import Part
from models.metrics.accuracy import accuracy
from models.networks.classifier import ProductClassifier
from models.training import pseudo_labels
from models.training.batches import batch_of
from models.training.config import RECIPES
from models.training.pseudo_labels import FIRST, SECOND
from models.training.watch import Watch
from models.weights import CARD_FILE, MODEL_FILE, Card

CPU = torch.device("cpu")


def main(arguments: list[str]) -> None:
    """A line for each seed, and one for all."""
    asked = _parsed(arguments)
    images = part(asked.pictures)
    config = replace(
        RECIPES["classifier"],
        epochs=asked.epochs,
        labelled_share=asked.share,
        pseudo_threshold=asked.threshold,
    )
    test = Part(*fashion_mnist.read_test())
    alone, both = [], []
    for seed in range(asked.seeds):
        since, folder = time.monotonic(), asked.folder / str(seed)
        run = replace(config, seed=seed)
        trained = pseudo_labels.train(run, images, folder=folder, device=CPU, watch=Watch())
        alone.append(_accuracy(folder / FIRST, test))
        both.append(_accuracy(folder / SECOND, test))
        scores = trained.card.scores
        print(
            f"seed {seed}: labels alone {alone[-1]:.2%}, with pseudo-labels {both[-1]:.2%}; "
            f"{scores['pseudo_labels']:.0f} of them, {scores['pseudo_right']:.2%} right; "
            f"{time.monotonic() - since:.0f} s",
            flush=True,
        )
    gains = [b - a for a, b in zip(alone, both, strict=True)]
    spread = f" ± {stdev(gains):.2%}" if len(gains) > 1 else ""
    print(f"labels alone {mean(alone):.2%}, with pseudo-labels {mean(both):.2%}: "
          f"+{mean(gains):.2%}{spread} over {len(gains)} seeds")  # fmt: skip


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=20_000, help="to learn from")
    parser.add_argument("--share", type=float, default=0.1, help="of the labels that is told")
    parser.add_argument("--threshold", type=float, default=0.9, help="from which one is believed")
    parser.add_argument("--epochs", type=int, default=6, help="over all pictures, in each round")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "pseudo")
    return parser.parse_args(arguments)


@torch.inference_mode()
def _accuracy(folder: Path, test: Part) -> float:
    """As it would be served: from its float16 file."""
    card = Card.from_json((folder / CARD_FILE).read_text(encoding="utf-8"))
    read = weights.read((folder / MODEL_FILE).read_bytes(), card)
    network = cast(ProductClassifier, read)
    pieces = torch.split(torch.arange(len(test)), 500)
    logits = torch.cat([network(batch_of(test, rows, CPU).images) for rows in pieces])
    return accuracy(logits, test.labels)


if __name__ == "__main__":
    main(sys.argv[1:])
