"""Where a garment's points go on a body, told by its picture and a mask (Wang et al. 2018, GMM).

WarpNet: garment [N, 4, S, S], straight colours and coverage in [0, 1], and a mask of the clothes
[N, 1, S, S], both stretched to their frames (`models.warping.frames`) → [N, 25, 2]: for a grid of
5 x 5 over the body's frame, the point of the garment's frame that comes there, in [-1, 1] from
side to side. Two extractors, every place of one by every place of the other, a regression.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.initial import he
from models.warping.frames import GRID, SIDE, grid


@dataclass(frozen=True, slots=True)
class WarpConfig:
    """`levels` are the channels of each grid, each half as large; `width` is the regression's."""

    levels: tuple[int, ...] = (16, 32, 64)
    width: int = 64


class WarpNet(nn.Module):
    """Begins as frame to frame: what is told is a difference from it."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "encoder": ("garment", "body"),
        "decoder": ("meet", "regress", "out"),
    }

    def __init__(self, config: WarpConfig) -> None:
        super().__init__()
        self.config = config
        places = (SIDE >> len(config.levels)) ** 2
        self.garment = _extractor(4, config.levels)
        self.body = _extractor(1, config.levels)
        self.meet = nn.Conv2d(places + 2 * config.levels[-1], config.width, 1)
        self.regress = nn.Sequential(
            nn.SiLU(),
            nn.Conv2d(config.width, config.width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(config.width, config.width, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
        )
        left = -(-(SIDE >> len(config.levels)) // 2)  # a side, of the places
        self.out = nn.Linear(config.width * left**2, 2 * GRID**2)
        self.init_weights()

    def init_weights(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                he(layer)
        if not self.out.weight.is_meta:  # as in models/layers/initial.py
            nn.init.normal_(self.out.weight, std=1e-3)
            nn.init.zeros_(self.out.bias)

    def forward(self, garment: Tensor, mask: Tensor) -> Tensor:
        """[N, 25, 2] of the garment's frame, row after row of the body's grid."""
        there, here = self.garment(garment - 0.5), self.body(mask - 0.5)
        both = torch.cat((_met(there, here), there, here), dim=1)
        offsets = self.out(self.regress(self.meet(both))).float()
        return grid().to(offsets) + offsets.view(-1, GRID**2, 2)

    def warp(self, garment: Tensor, mask: Tensor) -> Tensor:
        """The door: garment [N, 4, 96, 96] and mask [N, 1, 96, 96] in [0, 1] → [N, 25, 2]."""
        told: Tensor = self(garment, mask)
        return told


def _extractor(channels: int, levels: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise((channels, *levels)):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.SiLU()]
    return nn.Sequential(*layers, nn.Conv2d(levels[-1], levels[-1], 3, padding=1))


def _met(there: Tensor, here: Tensor) -> Tensor:
    """[N, places, h, w]: how alike each place of the garment is to each of the body's."""
    garment, body = (functional.normalize(one, dim=1) for one in (there, here))
    alike = torch.einsum("ncp,nchw->nphw", garment.flatten(2), body)
    return functional.relu(alike)
