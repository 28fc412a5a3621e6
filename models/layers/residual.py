"""Residual blocks: each adds a small correction to what came in."""

import math

from torch import Tensor, nn
from torch.nn import functional

from models.layers.batch_norm import BatchNorm
from models.layers.initial import he, orthogonal

SLOPE = 0.2
TAIL_GAIN = 0.1
"""A branch starts as a whisper, so that a deep stack starts near the identity."""


class Modulated(nn.Module):
    """Generator block without norms: channels scaled by the style, twice as large at the end.

    [N, in, H, W], style [N, style] → [N, out, 2H, 2W].
    """

    def __init__(self, in_channels: int, out_channels: int, *, style: int) -> None:
        super().__init__()
        self.scale1 = nn.Linear(style, in_channels)
        self.scale2 = nn.Linear(style, out_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.init_weights()

    def init_weights(self) -> None:
        he(self.scale1, gain=0.3)
        he(self.scale2, gain=0.3)
        he(self.conv1)
        he(self.conv2, gain=0.5)
        he(self.skip, gain=math.sqrt(0.5))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        h = functional.leaky_relu(_scaled(x, self.scale1(style)), SLOPE)
        # What can be done on the small side is done there: a quarter of the work.
        h = functional.leaky_relu(_scaled(self.conv1(h), self.scale2(style)), SLOPE)
        h = self.conv2(functional.interpolate(h, scale_factor=2.0))
        return (h + functional.interpolate(self.skip(x), scale_factor=2.0)) * math.sqrt(0.5)


class Critic(nn.Module):
    """Discriminator block without norms: half as large at the end.

    [N, in, H, W] → [N, out, H/2, W/2].
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, in_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.init_weights()

    def init_weights(self) -> None:
        he(self.conv1)
        he(self.conv2)
        he(self.skip, gain=math.sqrt(0.5))

    def forward(self, x: Tensor) -> Tensor:
        h = functional.avg_pool2d(self.conv1(functional.leaky_relu(x, SLOPE)), 2)
        h = self.conv2(functional.leaky_relu(h, SLOPE))
        return (h + self.skip(functional.avg_pool2d(x, 2))) * math.sqrt(0.5)


class Smooth(nn.Module):
    """Residual block with SiLU, for encoders and decoders. Keeps its shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.init_weights()

    def init_weights(self) -> None:
        he(self.conv1)
        he(self.conv2, gain=TAIL_GAIN)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(functional.silu(self.conv1(functional.silu(x))))


class Normed(nn.Module):
    """Residual block with batch norms, for what reads pictures and draws none. Keeps its shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = BatchNorm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = BatchNorm(channels, gain=TAIL_GAIN)
        self.init_weights()

    def init_weights(self) -> None:
        he(self.conv1)
        he(self.conv2)

    def forward(self, x: Tensor) -> Tensor:
        h = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(x + self.norm2(self.conv2(h)))


class Plain(nn.Module):
    """Residual block without norm and bias: twice the input gives twice the output."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.init_weights()

    def init_weights(self) -> None:
        orthogonal(self.conv1, gain=0.5)
        orthogonal(self.conv2, gain=0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(functional.relu(self.conv1(x)))


def _scaled(x: Tensor, scale: Tensor) -> Tensor:
    return x * (1 + scale)[:, :, None, None]
