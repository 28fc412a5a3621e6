"""Whether what is drawn by category shows it, as a classifier sees it, and what that costs.

Of each pair of a generator and a classifier that ship with the same categories, as `sample` judges
its files: written as PNG, decoded, and all of a job asked of at once.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import Tensor

from benchmarks.scenarios.row import Row
from models import calling, images, weights
from models.calling import Door
from models.generation.sample import sample
from models.networks.classifier import side_px_of
from models.precision import autocast
from models.recognition.agree import told_of
from models.weights import Card

_SCENARIO: Final = "drawn"
_PAIRS: Final = {
    "gan-fashion": "classifier-fashion",
    "vae-fashion": "classifier-fashion",
    "gan-catalogue": "classifier-catalogue",
    "vae-catalogue": "classifier-catalogue",
}
_A_JOB: Final = 64


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — what `benchmarks.scenarios` calls
    """Of each generator the share that shows what was asked for, and what asking takes."""
    cards = {card.name: (path.read_bytes(), card) for path, card in weights.shipped()}
    for generator, classifier in _PAIRS.items():
        draws, judges = _opened(*cards[generator]), _opened(*cards[classifier])
        agree: list[bool] = []
        taken_ms: list[float] = []
        for seed in range(1 if quick else 16):
            files, labels = _files(draws, cards[generator][1], seed=seed)
            since = time.process_time()
            with autocast(torch.device("cpu"), "auto"):  # as a worker calls it
                agree += _found(files, labels, judges, cards[classifier][1])
            taken_ms.append((time.process_time() - since) * 1_000 / len(files))
        claim = f"{generator}, as {classifier} sees its files"
        yield Row(_SCENARIO, claim, round(sum(agree) / len(agree), 4), "of pictures", "")
        cost = round(statistics.median(taken_ms), 2)
        yield Row(
            _SCENARIO, f"{generator}, to judge one of {_A_JOB} files", cost, "ms of a core", ""
        )


def _opened(data: bytes, card: Card) -> dict[str, Door]:
    """In the order of numbers that a worker's networks have, which is faster."""
    return calling.doors(weights.read(data, card).to(memory_format=torch.channels_last))


def _files(draws: dict[str, Door], card: Card, *, seed: int) -> tuple[list[bytes], list[int]]:
    """A job's pictures, its categories in turn, as PNG."""
    network: Any = draws["generate"] if "generate" in draws else (draws["prior"], draws["decode"])
    made = sample(
        network,
        n=_A_JOB,
        label=None,
        categories=len(card.categories),
        z_dim=int(card.config["z_dim"]),
        truncation=1.0,
        seed=seed,
    )
    files = [images.encode(one, format="png") for one in made.images]
    return files, [one["label"] for one in made.details]


def _found(
    files: list[bytes], labels: list[int], judges: dict[str, Door], card: Card
) -> list[bool]:
    """Of each file whether its category is the likeliest; both cards name the same ones."""
    wanted = [card.categories[one] for one in labels]
    read: Tensor = torch.cat([images.read(one).image for one in files])
    told = told_of(
        read,
        wanted,
        categories=card.categories,
        classify=judges["classify"],
        size=side_px_of(card.recipe),
        channels=int(card.config["channels"]),
    )
    return [one.found_category == name for one, name in zip(told, wanted, strict=True)]
