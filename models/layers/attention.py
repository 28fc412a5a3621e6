"""Self-attention over a grid: what lies far apart can agree (SAGAN, Zhang et al. 2019)."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.initial import he

Blocks = Literal["residual", "attention"]
SIDES = (8, 16)
"""On grids of these sides: what is larger costs more, what is smaller sees all of it anyway."""
NARROWED = 8
"""Queries and keys have an eighth of the channels, values half of them."""


class Attention(nn.Module):
    """Adds to each place what it attends to, times a gate that begins at zero. Keeps its shape.

    [N, C, H, W] → [N, C, H, W], C a multiple of eight. Keys and values are those of the halved
    grid, as in the paper's code: a quarter of the work. A fresh one is the identity. Unlike there,
    what is attended to is scaled by the width (Vaswani et al. 2017): no norm keeps it small here.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, channels // NARROWED, 1, bias=False)
        self.key = nn.Conv2d(channels, channels // NARROWED, 1, bias=False)
        self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gate = nn.Parameter(torch.zeros(()))
        self.init_weights()

    def init_weights(self) -> None:
        for layer in (self.query, self.key, self.value, self.out):
            he(layer)

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query(x).flatten(2).transpose(1, 2)  # [N, H·W, C/8]
        keys, values = (
            functional.max_pool2d(layer(x), 2).flatten(2) for layer in (self.key, self.value)
        )
        heard = torch.softmax(queries @ keys * queries.shape[2] ** -0.5, dim=-1)  # [N, H·W, H·W/4]
        found = (heard @ values.transpose(1, 2)).transpose(1, 2).contiguous()
        return x + self.gate * self.out(found.view(*found.shape[:2], *x.shape[2:]))


def attention_after(
    blocks: Blocks, sides: Sequence[int], widths: Sequence[int], *, salt: int
) -> nn.ModuleDict:
    """What attends after each block, by its side; nothing in residual networks.

    It takes nothing from the chance that the other layers begin with, so that a network with it
    begins as the very one without.

    Args:
        blocks: of which kind the network is.
        sides: of each block's output.
        widths: of the same.
        salt: another number for each part of a network, so that none begins as another one.
    """
    chosen = {} if blocks == "residual" else dict(zip(sides, widths, strict=True))
    with torch.random.fork_rng(devices=[], enabled=bool(chosen)):
        if chosen:
            torch.manual_seed(torch.initial_seed() + salt)
        return nn.ModuleDict(
            {str(side): Attention(chosen[side]) for side in SIDES if side in chosen}
        )


def attended(attention: nn.ModuleDict, x: Tensor) -> Tensor:
    """A block's output [N, C, S, S], with what attends on its grid, if anything does."""
    side = str(x.shape[-1])
    return attention[side](x) if side in attention else x
