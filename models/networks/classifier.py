"""Which category a product belongs to: a small residual network (He et al. 2016), 0.48 M.

Images [N, C, H, W] in [0, 1], C 1 or 3 as its config says, sides of 28 pixels and more → logits
[N, K]. `classify` gives probabilities [N, K], calibrated by one number, the temperature (Guo et
al. 2017); `features` the [N, 128] before the last layer, by which pictures can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.centred import Centred
from models.layers.initial import he
from models.layers.residual import Normed

WIDTHS = (32, 64, 128)
MIN_SIDE = 28


@dataclass(frozen=True, slots=True)
class ClassifierConfig:
    categories: int
    channels: int = 1
    widths: tuple[int, ...] = WIDTHS


def side_px_of(recipe: Mapping[str, Any]) -> int:
    """The side at which a classifier reads: that of what it learnt from, by its card's recipe.

    Cards from before this was told are of pictures of 28 pixels.
    """
    return int(recipe.get("side_px", MIN_SIDE))


class ProductClassifier(nn.Module):
    """A residual block a scale; each way down doubles the channels and halves the side."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "features": ("stem", "blocks", "down"),
        "out": ("out",),
    }
    by_category: ClassVar[tuple[str, ...]] = ("out.weight", "out.bias")
    temperature: Tensor

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(config.widths)
        self.stem = Widened(config.channels, widths[0])
        self.blocks = nn.ModuleList(Normed(width) for width in widths)
        self.down = nn.ModuleList(Widened(a, b) for a, b in pairwise(widths))
        self.drop = nn.Dropout(0.0)  # how much is the training's to say
        self.out = nn.Linear(widths[-1], config.categories)
        self.register_buffer("temperature", torch.ones(()))
        self.init_weights()

    def init_weights(self) -> None:
        he(self.out, gain=0.5)

    def forward(self, image: Tensor) -> Tensor:
        """Logits as they are: what the loss is told."""
        return self.out(self.drop(self.features(image))).float()

    def classify(self, image: Tensor) -> Tensor:
        """The door: a probability for each category, [N, K]; rows sum to one."""
        return functional.softmax(self(image) / self.temperature, dim=1)

    def features(self, image: Tensor) -> Tensor:
        """The door: what the last layer decides by, [N, 128], none below zero."""
        if min(image.shape[2:]) < MIN_SIDE:
            size = "×".join(map(str, image.shape[2:]))
            raise ValueError(f"expected sides of at least {MIN_SIDE} pixels, got {size}")
        h = self.blocks[0](self.stem(image * 2 - 1))
        for down, block in zip(self.down, self.blocks[1:], strict=True):
            # Halved first: the other way round takes half as long again.
            h = block(down(functional.max_pool2d(h, 2)))
        return h.float().mean((2, 3))


class Widened(Centred):
    """[N, in, H, W] → [N, out, H, W], rectified."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(super().forward(x))
