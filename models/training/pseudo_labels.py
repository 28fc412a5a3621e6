"""A classifier that learns from few labels and labels the rest itself (pseudo-labels, Lee 2013).

Two rounds: learn from what is labelled; name whatever of the rest it is sure of; learn anew from
both. Both rounds are as long and are measured on the same held-out pictures. What is labelled is
seen so often that it fills a round: of hard categories few labels are sure, and they would be lost.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Generator, Tensor, nn

from models import weights
from models.data.image_set import ImageSet, Part
from models.networks.classifier import ProductClassifier
from models.precision import autocast
from models.training import run
from models.training.batches import batch_of, image_size_for, prepared
from models.training.config import TrainConfig
from models.training.watch import Trained, TrainingError, Watch
from models.weights import CARD_FILE, MODEL_FILE, write_whole

UNLABELLED = -1
"""The label of a picture whose category nobody has told."""
FIRST, SECOND = "labelled", "both"
PIECE = 512


@dataclass(frozen=True, slots=True)
class Named:
    """What the first round's classifier said of pictures that it was told nothing of.

    Attributes:
        rows: of the set, those it was sure of.
        labels: what it took them for.
        right: the share of them that it took for what they are; None where nobody knows.
    """

    rows: Tensor
    labels: Tensor
    right: float | None


def train(
    config: TrainConfig, images: ImageSet, *, folder: Path, device: torch.device, watch: Watch
) -> Trained:
    """Both rounds, each resumed where it was; without a threshold the first one alone.

    The card has `accuracy_labelled` (of the first round), `accuracy`, `pseudo_labels`, how many
    there were, and `pseudo_right`, the share of them that is right where the truth is known.

    Raises:
        TrainingError: `nothing_unlabelled`, and what a run raises.
    """
    told, rest = _parted(images, config)
    if config.pseudo_threshold is None:
        learnt_from = _chosen(images, told, images.labels[told])
        return run.train(config, learnt_from, folder=folder / FIRST, device=device, watch=watch)
    if not len(rest):
        raise TrainingError("nothing_unlabelled", "every picture's label is used already")
    first = run.train(
        config,
        _filled(images, told, rest[:0], images.labels[:0], count=len(told) + len(rest)),
        folder=folder / FIRST,
        device=device,
        watch=_round(watch, 0),
    )
    if first.stopped:
        return first
    named = _named(first, images, rest, config, device)
    if not len(named.rows):
        return _scored(first, first, named)
    second = run.train(
        config,
        _filled(images, told, named.rows, named.labels, count=len(told) + len(rest)),
        folder=folder / SECOND,
        device=device,
        watch=_round(watch, len(first.epochs)),
    )
    later = tuple(replace(e, number=e.number + len(first.epochs)) for e in second.epochs)
    both = replace(second, epochs=(*first.epochs, *later))
    return both if both.stopped else _scored(both, first, named)


def _parted(images: ImageSet, config: TrainConfig) -> tuple[Tensor, Tensor]:
    """The rows whose labels are used, the same share of each category, and the others."""
    learning = torch.ones(len(images), dtype=torch.bool)
    learning[images.validation] = False
    chance = torch.rand(len(images), generator=Generator().manual_seed(config.seed))
    told = torch.zeros(len(images), dtype=torch.bool)
    for category in range(len(images.categories)):
        members = (learning & (images.labels == category)).nonzero().flatten()
        count = min(len(members), max(1, round(config.labelled_share * len(members))))
        told[members[chance[members].argsort()[:count]]] = True
    return told.nonzero().flatten(), (learning & ~told).nonzero().flatten()


def _chosen(images: ImageSet, rows: Tensor, labels: Tensor) -> ImageSet:
    """These rows with these labels, and all that is held out and labelled."""
    held_out = torch.arange(len(images))[images.validation]
    held_out = held_out[images.labels[held_out] != UNLABELLED]
    return replace(
        images,
        images=images.images[torch.cat([rows, held_out])],
        labels=torch.cat([labels, images.labels[held_out]]),
        validation=torch.arange(len(rows), len(rows) + len(held_out)),
    )


def _filled(
    images: ImageSet, told: Tensor, rows: Tensor, labels: Tensor, *, count: int
) -> ImageSet:
    """So many pictures: these rows with these labels, the others those of which we are told."""
    free = count - len(rows)
    again = told.repeat(-(-free // len(told)))[:free]
    return _chosen(images, torch.cat([again, rows]), torch.cat([images.labels[again], labels]))


def _named(
    first: Trained, images: ImageSet, rest: Tensor, config: TrainConfig, device: torch.device
) -> Named:
    """Whatever of the rest it gives a probability of at least the threshold, calibrated."""
    network = weights.read((first.folder / MODEL_FILE).read_bytes(), first.card).to(device)
    size = image_size_for(config, images)
    part = prepared(Part(images.images[rest], images.labels[rest]), config, size)
    likely = _probabilities(network, part, config, device)
    surest, guessed = likely.max(1)
    sure = surest >= (config.pseudo_threshold or 1.0)
    truth, guessed = part.labels[sure], guessed[sure]
    known = truth != UNLABELLED
    right = (guessed == truth)[known].double().mean().item() if known.any() else None
    return Named(rest[sure], guessed, right)


@torch.inference_mode()
def _probabilities(
    network: nn.Module, part: Part, config: TrainConfig, device: torch.device
) -> Tensor:
    """[N, K] on the CPU."""
    classifier = cast(ProductClassifier, network)
    found = []
    for rows in torch.split(torch.arange(len(part)), PIECE):
        with autocast(device, config.precision):
            found.append(classifier.classify(batch_of(part, rows, device).images).cpu())
    return torch.cat(found)


def _round(watch: Watch, before: int) -> Watch:
    """What is told of one of two rounds: epochs are counted on, and progress is of both."""
    rounds_before = 1 if before else 0
    return replace(
        watch,
        on_epoch=lambda epoch: watch.on_epoch(replace(epoch, number=epoch.number + before)),
        on_progress=lambda done, total: watch.on_progress(rounds_before * total + done, 2 * total),
    )


def _scored(last: Trained, first: Trained, named: Named) -> Trained:
    """With both rounds' scores in the card, in the file too."""
    scores: dict[str, float | None] = {
        "accuracy_labelled": first.card.scores.get("val_accuracy"),
        "accuracy": last.card.scores.get("val_accuracy"),
        "pseudo_labels": float(len(named.rows)),
        "pseudo_right": named.right,
    }
    card = replace(last.card, scores={**last.card.scores, **scores})
    write_whole(last.folder / CARD_FILE, card.to_json().encode())
    return replace(last, written=card)
