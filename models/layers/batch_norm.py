"""Batch normalisation (Ioffe & Szegedy 2015) without PyTorch's counter: float numbers only."""

import torch
from torch import Tensor, nn
from torch.nn import functional

MOMENTUM = 0.1


class BatchNorm(nn.Module):
    """[N, C, H, W] → the same shape, each channel with a learnt mean and spread.

    While it learns, by the batch's own mean and variance; in service, by their running means.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, channels: int, *, gain: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), gain))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_variance", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return functional.batch_norm(
            x,
            self.running_mean,
            self.running_variance,
            self.weight,
            self.bias,
            training=self.training,
            momentum=MOMENTUM,
        )
