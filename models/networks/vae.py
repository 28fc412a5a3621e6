"""Conditional variational autoencoder with a second stage for sampling; 1.5 M at 32 px.

VAE: Kingma & Welling 2014; decoder variance by optimal sigma: Rybkin et al. 2021; density fitted
to the posterior means afterwards: Ghosh et al. 2020 (RAE), Dai & Wipf 2019 (two-stage VAE).
Images [N, C, S, S] in [0, 1] and label [N] int64 in; images of the same shape out.
With attention both halves attend on grids of 8 and 16 pixels (SAGAN, Zhang et al. 2019).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.attention import Blocks, attended, attention_after
from models.layers.grid import crop, grid_for, pad
from models.layers.initial import Embedding, embedding, he
from models.layers.residual import Smooth

BASE = 4
WIDTHS = {32: (32, 64, 128, 128), 64: (32, 48, 64, 128, 128)}
LOG_VARIANCE_RANGE = (-12.0, 6.0)
Output = Literal["sigmoid", "linear"]


@dataclass(frozen=True, slots=True)
class VaeConfig:
    """`image_size` is what goes in and comes out: 24 to 32 or 48 to 64 pixels.

    `output`: how the last layer's numbers become pixels. A sigmoid never quite reaches white: of
    pictures on a white ground it is driven so far that nothing of the product is learnt any more.
    """

    categories: int
    channels: int = 1
    image_size: int = 28
    z_dim: int = 32
    embed_dim: int = 32
    blocks: Blocks = "residual"
    output: Output = "sigmoid"


class ConditionalVae(nn.Module):
    """Encoder, decoder, and one Gaussian per category over the latent space."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "encoder": ("encoder",),
        "decoder": ("decoder",),
    }
    by_category: ClassVar[tuple[str, ...]] = (
        "encoder.category.weight", "decoder.category.weight", "prior_mean", "prior_scale",
    )  # fmt: skip
    prior_mean: Tensor
    prior_scale: Tensor

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        shape = (config.categories, config.z_dim)
        self.register_buffer("prior_mean", torch.zeros(shape))
        self.register_buffer("prior_scale", torch.zeros(*shape, config.z_dim))
        # As torch.eye, which on the meta device would import torch._dynamo.
        self.prior_scale.diagonal(dim1=1, dim2=2).fill_(1)

    def forward(self, image: Tensor, label: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """→ reconstruction [N, C, S, S], mean [N, z], log variance [N, z]."""
        mean, log_variance = self.encode(image, label)
        z = mean + (log_variance / 2).exp() * noise
        return self.decoder(z, label), mean, log_variance

    def encode(self, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """The door: images [N, C, S, S] → mean and log variance, each [N, z]."""
        return self.encoder(image, label)

    def decode(self, z: Tensor, label: Tensor) -> Tensor:
        """The door: z [N, z] → images [N, C, S, S] in [0, 1]."""
        return self.decoder(z, label).clamp(0, 1)

    def prior(self, noise: Tensor, label: Tensor) -> Tensor:
        """The door: normal noise [N, z] → z [N, z] as this category's pictures are spread."""
        return self.prior_mean[label] + (self.prior_scale[label] @ noise[:, :, None])[:, :, 0]


class Encoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.grid = grid_for(config.image_size)
        widths = WIDTHS[self.grid]
        self.stem = nn.Conv2d(config.channels, widths[0], 3, padding=1)
        self.category = Embedding(config.categories, widths[0])
        self.blocks = nn.ModuleList(_halved(a, b) for a, b in pairwise(widths))
        self.out = nn.Linear(widths[-1] * BASE * BASE, 2 * config.z_dim)
        self.init_weights()
        sides = [self.grid >> number for number in range(1, len(widths))]
        self.attention = attention_after(config.blocks, sides, widths[1:], salt=1)

    def init_weights(self) -> None:
        _init_convolutions(self)
        embedding(self.category)
        he(self.out, gain=0.5)

    def forward(self, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        h = self.stem(pad(image * 2 - 1, grid=self.grid, value=-1.0))
        h = h + self.category(label)[:, :, None, None]
        for block in self.blocks:
            h = attended(self.attention, block(h))
        mean, log_variance = self.out(functional.silu(h).flatten(1)).float().chunk(2, 1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)


class Decoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.image_size = config.image_size
        self.output = config.output
        widths = WIDTHS[grid_for(config.image_size)][::-1]
        self.category = Embedding(config.categories, config.embed_dim)
        self.base = nn.Linear(config.z_dim + config.embed_dim, widths[0] * BASE * BASE)
        self.drop = nn.Dropout(0.0)  # how much is the training's to say
        self.blocks = nn.ModuleList(_doubled(a, b) for a, b in pairwise(widths))
        self.out = nn.Conv2d(widths[-1], config.channels, 3, padding=1)
        self.init_weights()
        sides = [BASE << number for number in range(1, len(widths))]
        self.attention = attention_after(config.blocks, sides, widths[1:], salt=2)

    def init_weights(self) -> None:
        _init_convolutions(self)
        embedding(self.category)
        he(self.base)
        he(self.out, gain=0.5)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        h = self.base(torch.cat([self.drop(z), self.category(label)], dim=1))
        h = h.unflatten(1, (-1, BASE, BASE))
        for block in self.blocks:
            h = attended(self.attention, block(h))
        drawn = self.out(functional.silu(h)).float()
        image = torch.sigmoid(drawn) if self.output == "sigmoid" else drawn + 0.5
        return crop(image, size=self.image_size)


def _halved(in_channels: int, out_channels: int) -> nn.Sequential:
    down = nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1)
    return nn.Sequential(Smooth(in_channels), down)


def _doubled(in_channels: int, out_channels: int) -> nn.Sequential:
    narrow = nn.Conv2d(in_channels, out_channels, 3, padding=1)
    return nn.Sequential(narrow, nn.Upsample(scale_factor=2), Smooth(out_channels))


def _init_convolutions(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            he(layer)
    for layer in network.modules():
        if isinstance(layer, Smooth):
            layer.init_weights()
