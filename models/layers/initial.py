"""How weights begin. PyTorch's own start silently kills plain stacks of convolutions."""

import math

from torch import nn


def he(layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, *, gain: float = 1.0) -> None:
    """Normal weights that keep the variance through a rectifier (He et al. 2015), bias zero."""
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    layer.weight.data.mul_(gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def orthogonal(layer: nn.Conv2d | nn.ConvTranspose2d, *, gain: float) -> None:
    """Orthogonal weights, for stacks without biases and norms."""
    nn.init.orthogonal_(layer.weight, gain=gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def embedding(layer: nn.Embedding) -> None:
    """Rows of about unit length, so that no category starts louder than another."""
    nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.embedding_dim))
