"""A version made smaller: fewer bytes a number, or fewer channels that learn anew what is lost."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from models import calling, weights
from models.compiling import seconds
from models.data.image_set import ImageSet
from models.training import pruning, run
from models.training.config import RECIPES, TrainConfig
from models.training.distilling import Original
from models.training.starting import Start
from models.training.watch import Watch
from models.weights import Card

How = Literal["quantise", "prune", "distill"]
ROUNDS = 25
GENTLE = 0.25
"""Of a recipe's learning rate: what is left of a pruned network knows much already."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a network takes, for one example picture on the device of the run."""

    bytes: int
    parameters: int
    ms: float


def recipe(original: Original) -> TrainConfig:
    """How a smaller network of its kind learns, unless somebody says otherwise."""
    card = original.card
    usual = RECIPES[cast(Any, card.network)]
    rate = usual.learning_rate * (GENTLE)
    channels = card.config.get("channels", usual.channels)
    return replace(usual, learning_rate=rate, channels=channels)


def compress(
    original: Original,
    how: How,
    *,
    keep: float,
    config: TrainConfig,
    images: ImageSet,
    folder: Path,
    device: torch.device,
    watch: Watch,
) -> Card | None:
    """Write the smaller network and its card to `folder`; None if it was stopped on the way.

    Args:
        original: what is to become smaller; it stays as it is.
        how: `quantise` keeps weights as int8 and computes as before, `prune` leaves the strongest
            channels and teaches them on, `distill` teaches them the original's answers.
        keep: share of the channels that are left.
        config: of the learning, see `recipe`.
        images: what is learnt from; their categories must be the original's.
        folder: holds checkpoints, too: called again, it goes on.
        device: where it learns.
        watch: told of each epoch.

    Raises:
        TrainingError: `not_narrower` or `not_distilled`; the network can only be quantised.
    """
    if how == "quantise":
        return weights.write(original.network, folder, original.card, as_int8=True)
    widths = pruning.narrowed(pruning.widths_of(original.network), keep=keep)
    config = replace(config, widths=widths)
    trained = run.train(
        config,
        images,
        folder=folder,
        device=device,
        watch=watch,
        start=_left(original, keep),
        original=original if how == "distill" else None,
    )
    return trained.written


def prices(
    before: nn.Module, after: nn.Module, sizes: tuple[int, int], device: torch.device
) -> tuple[Price, Price]:
    """Both on this device, called by turns; `sizes` are those of their files in bytes."""
    calls = {"before": _call(before.to(device)), "after": _call(after.to(device))}
    took = seconds(calls, [torch.zeros(1, device=device)], rounds=ROUNDS)
    return (
        Price(sizes[0], _count(before), round(1000 * took["before"], 3)),
        Price(sizes[1], _count(after), round(1000 * took["after"], 3)),
    )


def _left(original: Original, keep: float) -> Start:
    small = pruning.pruned(original.network, keep=keep)
    card = replace(original.card, config=asdict(cast(Any, small).config))
    return Start(original.label, card, small)


def _call(network: nn.Module) -> Callable[[Tensor], Any]:
    """Its first door with an example; what it is handed only says where it is."""
    door, arguments = next(iter(calling.examples(network).items()))
    called = calling.doors(network)[door]

    @torch.inference_mode()
    def call(place: Tensor) -> Any:
        return called(*(argument.to(place.device) for argument in arguments))

    return call


def _count(network: nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())
