"""A picture as features that tell its style, and back: a wavelet autoencoder (Yoo et al. 2019).

x [N, 3, H, W] in [0, 1], sides multiples of 8 → a code of coarse features and the differences that
pooling leaves out → [N, 3, H, W]; 0.5 M. It has no VGG in it: its features learnt to be a picture
again, not to name things, so what they tell of a style are colours, contrasts and grain.
Moving the means and spreads of a code's channels to another picture's is AdaIN (Huang & Belongie
2017). No global pooling and no norm, so tiles that overlap by the margin give what the whole gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.haar import joined, parted
from models.layers.initial import he
from models.layers.residual import SLOPE
from models.layers.tiling import Tiling

WIDTHS = (32, 48, 96, 128)
LEAST_SPREAD = 1e-3
IMAGE = 12
"""Channels of a picture whose four neighbouring pixels became one."""
NOISE_GAIN = 0.5


@dataclass(frozen=True, slots=True)
class StyleConfig:
    """Channels: two numbers of the grid of half the side, one of a quarter and one of an eighth."""

    widths: tuple[int, ...] = WIDTHS

    def __post_init__(self) -> None:
        if len(self.widths) != 4:
            raise ValueError(f"expected four widths, got {self.widths}")


class Code(NamedTuple):
    """What a picture is between both halves.

    Attributes:
        fine: differences of the half grid, [N, 3·C1, H/4, W/4].
        middle: differences of the quarter grid, [N, 3·C2, H/8, W/8].
        deep: what is coarse, [N, C3, H/8, W/8].
    """

    fine: Tensor
    middle: Tensor
    deep: Tensor


class StyleAutoencoder(nn.Module):
    """What it takes apart it puts together again; in between a style may be changed."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "encoder": ("encode_half", "encode_quarter", "encode_eighth"),
        "decoder": ("decode_half", "decode_quarter", "decode_eighth"),
    }
    tiling: ClassVar[Tiling] = Tiling(multiple=8, margin=48)

    def __init__(self, config: StyleConfig) -> None:
        super().__init__()
        self.config = config
        first, half, quarter, eighth = config.widths
        self.encode_half = _convs(IMAGE, first, half)
        self.encode_quarter = _convs(half, quarter, quarter)
        self.encode_eighth = _convs(quarter, eighth)
        self.decode_eighth = _convs(eighth, quarter)
        self.decode_quarter = _convs(quarter, quarter, half)
        self.decode_half = _convs(half, first, IMAGE)
        self.init_weights()

    def init_weights(self) -> None:
        """It begins as what passes the picture on, with noise to learn from."""
        convs = [one for one in self.modules() if isinstance(one, nn.Conv2d)]
        for conv in convs:
            he(conv, slope=SLOPE, gain=NOISE_GAIN)
            _pass_on(conv, is_first=conv is convs[0])

    @property
    def code_channels(self) -> int:
        """Of all three parts together."""
        _, half, quarter, eighth = self.config.widths
        return 3 * half + 3 * quarter + eighth

    def encode(self, x: Tensor) -> Code:
        h, fine = parted(_through(self.encode_half, torch.cat(parted(x), dim=1)))
        h, middle = parted(_through(self.encode_quarter, functional.leaky_relu(h, SLOPE)))
        deep = _through(self.encode_eighth, functional.leaky_relu(h, SLOPE))
        return Code(fine, middle, deep)

    def decode(self, code: Code) -> Tensor:
        """The picture as it is, unclipped."""
        h = _through(self.decode_eighth, functional.leaky_relu(code.deep, SLOPE))
        h = functional.leaky_relu(joined(h, code.middle), SLOPE)
        h = functional.leaky_relu(joined(_through(self.decode_quarter, h), code.fine), SLOPE)
        h = _through(self.decode_half, h).float()
        return joined(h[:, :3], h[:, 3:])

    def forward(self, x: Tensor) -> Tensor:
        """There and back: what the loss is told."""
        return self.decode(self.encode(x))

    def measure(self, x: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """The door: mean and spread of each of the code's channels, [N, K] each.

        Args:
            x: [N, 3, H, W] in [0, 1].
            share: [N, 1, H, W] in [0, 1], how much each pixel counts.
        """
        return statistics(self.encode(x), share)

    def restyle(self, x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
        """The door: how the picture changes, [N, 3, H, W], if its code does.

        Nothing of what the autoencoder loses is in it: both are decoded. A gain of 1 and a shift
        of 0 give exactly 0.

        Args:
            x: [N, 3, H, W] in [0, 1].
            gain: [N, K], factor of each channel.
            shift: [N, K], what is added to it then.
        """
        code = self.encode(x)
        return self.decode(moved(code, gain, shift)) - self.decode(code)


def statistics(code: Code, share: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and spread of each channel, [N, K] each, in float32."""
    found = [_mean_and_spread(part.float(), share) for part in code]
    return torch.cat([mean for mean, _ in found], 1), torch.cat([spread for _, spread in found], 1)


def moved(code: Code, gain: Tensor, shift: Tensor) -> Code:
    """Each channel times its gain [N, K], and its shift [N, K] added."""
    sizes = [part.shape[1] for part in code]
    gains, shifts = (torch.split(one[:, :, None, None], sizes, dim=1) for one in (gain, shift))
    return Code(*(p * g + s for p, g, s in zip(code, gains, shifts, strict=True)))


def _mean_and_spread(part: Tensor, share: Tensor | None) -> tuple[Tensor, Tensor]:
    if share is None:
        mean = part.mean((2, 3))
        variance = (part - mean[:, :, None, None]).square().mean((2, 3))
    else:
        weight = functional.adaptive_avg_pool2d(share, (part.shape[2], part.shape[3]))
        weight = weight / weight.sum((2, 3), keepdim=True).clamp(min=1e-6)
        mean = (part * weight).sum((2, 3))
        variance = ((part - mean[:, :, None, None]).square() * weight).sum((2, 3))
    return mean, (variance + LEAST_SPREAD**2).sqrt()


def _convs(*widths: int) -> nn.ModuleList:
    return nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))


def _pass_on(conv: nn.Conv2d, *, is_first: bool) -> None:
    """Channels in pairs, one upside down: what the rectifier takes of one is left in the other."""
    is_narrow = not is_first and conv.in_channels < 2 * IMAGE
    if conv.weight.is_meta or is_narrow:
        return
    centre = conv.weight.data[:, :, 1, 1]
    share = 1.0 if is_first else 1 / (1 + SLOPE)
    for row in range(min(2 * IMAGE, conv.out_channels)):
        sign = 1.0 if row < IMAGE else -1.0
        centre[row, row % IMAGE] += sign * share
        if not is_first:
            centre[row, row % IMAGE + IMAGE] -= sign * share


def _through(convs: nn.ModuleList, h: Tensor) -> Tensor:
    """Rectified between them, not behind the last: a code lies on both sides of zero."""
    for number, conv in enumerate(convs):
        h = conv(functional.leaky_relu(h, SLOPE) if number else h)
    return h
