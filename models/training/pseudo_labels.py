"""A classifier that learns from few labels and guesses the rest itself (pseudo-labels, Lee 2013).

Two rounds: learn from what is labelled; guess how likely each category is for each of the rest;
learn anew from both, as a noisy student (Xie et al. 2020): from whole guesses, not the likeliest
category alone, and from pictures turned and partly hidden that were guessed as they are. Guesses
take no label's place: both rounds have as many steps and the second one twice as many pictures a
step, of which at least half are labelled. Both are measured on the same held-out pictures.
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from models.data.image_set import ImageSet
from models.training import guessing, run
from models.training.checkpoint import BEST_FILE
from models.training.config import TrainConfig
from models.training.guessing import Guesses
from models.training.rounds import Rounds, rounds_of
from models.training.watch import Trained, Watch
from models.weights import CARD_FILE, write_whole

FIRST, SECOND = "labelled", "both"


def train(
    config: TrainConfig, images: ImageSet, *, folder: Path, device: torch.device, watch: Watch
) -> Trained:
    """Both rounds, each resumed where it was; without a threshold the first one alone.

    The card has `accuracy_labelled` (of the first round), `accuracy`, `pseudo_labels`, how many
    there were, and `pseudo_right`, the share of them that is right where the truth is known.

    Raises:
        TrainingError: `nothing_unlabelled`, and what a run raises.
    """
    two = rounds_of(config, images)
    first = run.train(
        config,
        two.labelled(),
        folder=folder / FIRST,
        device=device,
        watch=watch if two.is_one else _round(watch, 0),
    )
    if two.is_one or first.stopped:
        return first
    guesses = two.guesses(_likely(two, first, folder, device))
    if not len(guesses):
        return _scored(first, first, guesses)
    second = run.train(
        two.second,
        two.both(guesses),
        folder=folder / SECOND,
        device=device,
        watch=_round(watch, len(first.epochs)),
    )
    later = tuple(replace(e, number=e.number + len(first.epochs)) for e in second.epochs)
    both = replace(second, epochs=(*first.epochs, *later))
    return both if both.stopped else _scored(both, first, guesses)


def closed(config: TrainConfig, images: ImageSet, *, folder: Path, device: torch.device) -> Trained:
    """Of a run that was stopped, the best epoch of the round that it was in; see `run.closed`."""
    two = rounds_of(config, images)
    likely = guessing.kept(folder, run=two.name)
    if likely is None or not (folder / SECOND / BEST_FILE).exists():
        return run.closed(config, two.labelled(), folder=folder / FIRST, device=device)
    learnt = two.both(two.guesses(likely))
    return run.closed(two.second, learnt, folder=folder / SECOND, device=device)


def _likely(two: Rounds, first: Trained, folder: Path, device: torch.device) -> Tensor:
    """What the first round's classifier says of the rest, once."""
    likely = guessing.kept(folder, run=two.name)
    if likely is None:
        likely = guessing.likely_of(first, two.images, two.rest, two.config, device)
        guessing.keep(folder, likely, run=two.name)
    return likely


def _round(watch: Watch, before: int) -> Watch:
    """What is told of one of two rounds: epochs are counted on, and progress is of both."""
    rounds_before = 1 if before else 0
    return replace(
        watch,
        on_epoch=lambda epoch: watch.on_epoch(replace(epoch, number=epoch.number + before)),
        on_progress=lambda done, total: watch.on_progress(rounds_before * total + done, 2 * total),
    )


def _scored(last: Trained, first: Trained, guesses: Guesses) -> Trained:
    """With both rounds' scores in the card, in the file too."""
    scores: dict[str, float | None] = {
        "accuracy_labelled": first.card.scores.get("val_accuracy"),
        "accuracy": last.card.scores.get("val_accuracy"),
        "pseudo_labels": float(len(guesses)),
        "pseudo_right": guesses.right,
    }
    card = replace(last.card, scores={**last.card.scores, **scores})
    write_whole(last.folder / CARD_FILE, card.to_json().encode())
    return replace(last, written=card)
