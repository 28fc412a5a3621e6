"""A run that begins with the weights of a version, parts of which may stay as they are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from torch import Tensor, nn

from models.networks import community
from models.networks.community import CommunityDenoiser, CommunityUpscaler
from models.training.config import TrainConfig
from models.training.trainer import Trainer
from models.training.watch import TrainingError
from models.weights import Card

UNFIT = "start_unfit"
_TOLD_BY_NOBODY = ("z_dim", "widths", "output")
"""What an order cannot say, so that a run has it from what it begins with."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a run begins with: the running mean that a version serves.

    Attributes:
        label: of the version.
        card: of its weights; its categories say what the rows of a label mean.
        network: as it is served, in float32.
        freeze: parts that stay as they are, by the names that the network's file gives them.
    """

    label: str
    card: Card
    network: nn.Module
    freeze: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """As cards and the names of runs have it."""
        names = {"start_from": self.label, "start_sha256": self.card.sha256}
        return {**names, "freeze": list(self.freeze)}

    def unknown(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """Those of which it knows nothing, so that their rows start anew."""
        if not _by_category(self.network):
            return ()
        return tuple(one for one in categories if one not in self.card.categories)


def adapted(config: TrainConfig, start: Start) -> TrainConfig:
    """The run's settings, with those of the network that nobody could tell it.

    Raises:
        TrainingError: `start_unfit`; what it was told cannot be with those.
    """
    # Not of the card: what an older one does not say is as it was then.
    there = _config(start.network)
    given = {name: there[name] for name in _TOLD_BY_NOBODY if there.get(name)}
    try:
        return replace(config, **given)
    except ValueError as error:
        raise TrainingError(UNFIT, f"{start.label}: {error}") from error


def theirs(
    config: TrainConfig, start: Start | None
) -> CommunityDenoiser | CommunityUpscaler | None:
    """A copy of what it begins with that may learn, where the architecture is of others.

    Raises:
        TrainingError: `start_unfit`; it is of another kind or scale, or cannot be written.
    """
    network = None if start is None else start.network
    if start is None or not isinstance(network, CommunityDenoiser | CommunityUpscaler):
        return None
    if start.card.network != config.network:
        kinds = f"a {start.card.network}, the run learns a {config.network}"
        raise TrainingError(UNFIT, f"{start.label} is {kinds}")
    scale = network.config.scale
    if config.network == "upscaler" and scale != config.scale:
        raise TrainingError(UNFIT, f"{start.label} has scale {scale} there, {config.scale} here")
    if not network.config.can_learn:
        name = network.config.architecture
        raise TrainingError(UNFIT, f"{start.label}: a file of this {name} cannot be written again")
    return community.learner(network)


def begin(trainer: Trainer, start: Start, categories: tuple[str, ...]) -> None:
    """Give a fresh trainer these weights, and hold the parts that are frozen.

    Network and running mean are the version's, tensor for tensor; of a category that it does not
    know, the rows stay as they were drawn. What does not ship starts anew: a GAN's discriminator,
    and every optimiser.

    Args:
        trainer: of this very kind of network, before its first step.
        start: what it begins with.
        categories: what the run's labels mean.

    Raises:
        TrainingError: `start_unfit` where networks differ, with both shapes; `part_unknown`;
            `nothing_learns` where every part is frozen.
    """
    learning = _learning(trainer)
    _refuse_other_config(start, trainer.ema.module)
    held = _held(start, categories)
    state = _carried(start, trainer.ema.module.state_dict(), categories)
    for network in (learning, trainer.ema.module):
        network.load_state_dict(state)
    for name, parameter in learning.named_parameters():
        parameter.requires_grad = not name.startswith(held)
    for name, module in learning.named_modules():
        if f"{name}.".startswith(held):
            module.eval()  # or its batch norms would go on counting
    if not any(parameter.requires_grad for parameter in learning.parameters()):
        raise TrainingError("nothing_learns", f"all parts of {start.label} are frozen")


def parts_of(network: nn.Module) -> Mapping[str, tuple[str, ...]]:
    """The parts that may be frozen, each with the modules that it is of."""
    return cast(Mapping[str, tuple[str, ...]], getattr(network, "parts", {}))


def _by_category(network: nn.Module) -> tuple[str, ...]:
    """Its tensors that have a row for each category."""
    return getattr(network, "by_category", ())


def _learning(trainer: Trainer) -> nn.Module:
    """The network whose running mean is kept."""
    kind = type(trainer.ema.module)
    return next(one for one in trainer.networks.values() if type(one) is kind)


def _held(start: Start, categories: tuple[str, ...]) -> tuple[str, ...]:
    """How the names of what stays as it is begin."""
    parts = parts_of(start.network)
    if unknown := [name for name in start.freeze if name not in parts]:
        has = ", ".join(parts) or "none that can be frozen"
        raise TrainingError("part_unknown", f"no part is called {unknown[0]!r}; there is: {has}")
    held = tuple(f"{module}." for name in start.freeze for module in parts[name])
    anew = start.unknown(categories)
    if held and anew and any(name.startswith(held) for name in _by_category(start.network)):
        sentence = f"a part that is frozen knows nothing of {', '.join(anew)}"
        raise TrainingError(UNFIT, f"{start.label}: {sentence}")
    return held


def _carried(
    start: Start, fresh: Mapping[str, Tensor], categories: tuple[str, ...]
) -> dict[str, Tensor]:
    """The version's tensors; rows of categories by their names, whatever their order there."""
    state = dict(start.network.state_dict())
    known = [(row, name) for row, name in enumerate(categories) if name in start.card.categories]
    for tensor in _by_category(start.network):
        rows = fresh[tensor].detach().cpu().clone()
        for row, name in known:
            rows[row] = state[tensor][start.card.categories.index(name)]
        state[tensor] = rows
    return state


def _refuse_other_config(start: Start, ours: nn.Module) -> None:
    theirs = start.network
    if type(theirs) is not type(ours):
        kinds = f"a {type(theirs).__name__}, the run learns a {type(ours).__name__}"
        raise TrainingError(UNFIT, f"{start.label} is {kinds}")
    there, here = _config(theirs), _config(ours)
    different = [name for name in here if here[name] != there.get(name)]
    shapes = _shapes(theirs, ours)
    if different or shapes:
        told = [f"{name} {there.get(name)} there, {here[name]} here" for name in different]
        raise TrainingError(UNFIT, f"{start.label} has {'; '.join([*told, *shapes])}")


def _shapes(theirs: nn.Module, ours: nn.Module) -> list[str]:
    """The first tensor of another shape, with both; none where all are alike."""
    there, here = theirs.state_dict(), ours.state_dict()
    of_labels = _by_category(theirs)
    for name in sorted(there.keys() | here.keys()):
        sizes = [tuple(one[name].shape) if name in one else None for one in (there, here)]
        if name in of_labels:
            sizes = [size[1:] if size else size for size in sizes]
        if sizes[0] != sizes[1]:
            return [f"{name} of the shape {sizes[0]} there, {sizes[1]} here"]
    return []


def _config(network: nn.Module) -> dict[str, Any]:
    """What decides its shapes, but for how many categories there are."""
    values = asdict(cast(Any, network).config)
    return {name: _plain(value) for name, value in values.items() if name != "categories"}


def _plain(value: Any) -> Any:
    """As JSON keeps no tuples."""
    return tuple(value) if isinstance(value, list) else value
