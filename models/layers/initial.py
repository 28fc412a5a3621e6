"""How weights begin. PyTorch's own start silently kills plain stacks of convolutions.

On the meta device nothing is drawn: `normal_` would import torch._dynamo there, for a second.
"""

import math

from torch import nn


class Embedding(nn.Embedding):
    """PyTorch's, which also draws on the meta device while it is being made."""

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


def he(
    layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, *, gain: float = 1.0, slope: float = 0.0
) -> None:
    """Normal weights that keep the variance through a rectifier (He et al. 2015), bias zero.

    `slope` is the rectifier's below zero.
    """
    if layer.weight.is_meta:
        return
    nn.init.kaiming_normal_(layer.weight, a=slope, nonlinearity="leaky_relu")
    layer.weight.data.mul_(gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def orthogonal(layer: nn.Conv2d | nn.ConvTranspose2d, *, gain: float) -> None:
    """Orthogonal weights, for stacks without biases and norms."""
    if layer.weight.is_meta:
        return
    nn.init.orthogonal_(layer.weight, gain=gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def embedding(layer: nn.Embedding) -> None:
    """Rows of about unit length, so that no category starts louder than another."""
    if not layer.weight.is_meta:
        nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.embedding_dim))
