"""Weights in half the bytes of float16: int8 with a scale for each channel, widened when read.

Symmetric and of the weights alone, as in Krishnamoorthi 2018 (section 3.1): what is computed, and
how fast, is as before.
"""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

NUMBERS: Final = ".int8"
SCALES: Final = ".int8_scale"
LARGEST: Final = 127
LEAST_NUMBERS: Final = 256
"""Below it a tensor stays as it is: scales would take what is saved."""


def packed(network: nn.Module) -> dict[str, Tensor]:
    """Its state: large parameters as int8 with scales [channels] in float32, all else as it is."""
    state: dict[str, Tensor] = {}
    large = {
        name
        for name, one in network.named_parameters()
        if one.ndim > 1 and one.numel() >= LEAST_NUMBERS
    }
    for name, tensor in network.state_dict().items():
        if name in large:
            state |= _packed(name, tensor.detach().float().cpu())
        else:
            state[name] = tensor
    return state


def widened(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same in float32; what was never packed is left as it is.

    Raises:
        ValueError: numbers without their scales, scales without numbers, or of other channels.
    """
    state = {}
    for name, tensor in tensors.items():
        base = name.removesuffix(NUMBERS).removesuffix(SCALES)
        if base == name:
            state[name] = tensor
        elif name.endswith(NUMBERS):
            state[base] = _widened(base, tensor, tensors.get(base + SCALES))
        elif base + NUMBERS not in tensors:
            raise ValueError(f"{base} has scales and no numbers")
    return state


def _packed(name: str, tensor: Tensor) -> dict[str, Tensor]:
    most = tensor.abs().flatten(1).amax(1)
    scales = torch.where(most > 0, most / LARGEST, torch.ones_like(most))
    numbers = (tensor / _along(scales, tensor)).round().to(torch.int8)
    return {name + NUMBERS: numbers, name + SCALES: scales}


def _widened(name: str, numbers: Tensor, scales: Tensor | None) -> Tensor:
    if numbers.dtype != torch.int8 or scales is None or scales.shape != numbers.shape[:1]:
        raise ValueError(f"{name} wants int8 numbers and a scale for each of its channels")
    return numbers.float() * _along(scales.float(), numbers)


def _along(scales: Tensor, tensor: Tensor) -> Tensor:
    """[C] → [C, 1, …], as many dimensions as the tensor has."""
    return scales.reshape(-1, *[1] * (tensor.ndim - 1))
