"""Whole channels that matter least are taken out: the network is smaller, and faster by itself.

By the L1 norm of a channel's weights (Li et al. 2017). All layers of a scale share its channels, as
residual blocks add to what comes in; so a scale loses the same channels everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from models.training.watch import TrainingError

_TELLTALE: Final = (1009, 1013, 1019, 1021, 1031, 1033, 1039, 1049)
"""Widths that no other dimension has: where they turn up, the channels of that scale lie."""

Scales = Mapping[str, tuple[int | None, ...]]
"""Of each tensor and each of its dimensions, whose scale's channels lie along it."""


def narrowed(widths: Sequence[int], *, keep: float) -> tuple[int, ...]:
    """This share of the channels of each scale, one at least."""
    return tuple(max(1, round(width * keep)) for width in widths)


def pruned(network: nn.Module, *, keep: float) -> nn.Module:
    """The network with its strongest channels alone, on the CPU; the given one stays as it is.

    Args:
        network: whose config names its widths.
        keep: share of the channels of each scale.

    Raises:
        TrainingError: `not_narrower`; its config names no widths.
    """
    config: Any = cast(Any, network).config
    widths = widths_of(network)
    scales = _scales(network, len(widths))
    state = {name: one.detach().cpu() for name, one in network.state_dict().items()}
    kept = _strongest(state, scales, narrowed(widths, keep=keep))
    small = type(network)(replace(config, widths=narrowed(widths, keep=keep)))
    small.load_state_dict({name: _only(one, scales[name], kept) for name, one in state.items()})
    return small


def widths_of(network: nn.Module) -> tuple[int, ...]:
    """Channels of each scale.

    Raises:
        TrainingError: `not_narrower`; its config names none.
    """
    widths = getattr(cast(Any, network).config, "widths", None)
    if widths is None:
        kind = type(network).__name__
        raise TrainingError("not_narrower", f"a {kind} has no widths; it can be quantised")
    return tuple(widths)


def _scales(network: nn.Module, count: int) -> Scales:
    telltale = _TELLTALE[:count]
    place = {width: scale for scale, width in enumerate(telltale)}
    with torch.device("meta"):
        twin = type(network)(replace(cast(Any, network).config, widths=telltale))
    state = twin.state_dict()
    return {name: tuple(place.get(size) for size in one.shape) for name, one in state.items()}


def _strongest(
    state: Mapping[str, Tensor], scales: Scales, most: Sequence[int]
) -> tuple[Tensor, ...]:
    """Of each scale the rows of so many channels, in order."""
    strength: list[Tensor | float] = [0.0] * len(most)
    for name, tensor in state.items():
        for dimension, scale in enumerate(scales[name] if tensor.ndim > 1 else ()):
            if scale is not None:
                norms = tensor.abs().transpose(0, dimension).flatten(1).sum(1)
                # By their mean, so that no layer speaks louder than another.
                strength[scale] = strength[scale] + norms / norms.mean().clamp(min=1e-12)
    return tuple(
        torch.as_tensor(one).topk(count).indices.sort().values
        for one, count in zip(strength, most, strict=True)
    )


def _only(tensor: Tensor, scales: Sequence[int | None], kept: Sequence[Tensor]) -> Tensor:
    for dimension, scale in enumerate(scales):
        if scale is not None:
            tensor = tensor.index_select(dimension, kept[scale])
    return tensor
