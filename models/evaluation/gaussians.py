"""What draws pictures without a network: a Gaussian of each category over principal components.

The baseline of a generator: right in mean, variance and correlation, blind to all else.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from models.data.image_set import Part
from models.evaluation import components
from models.evaluation.components import Components
from models.metrics.quantised import quantised

COUNT = 64
FEW = 4
"""Fewer pictures than so many times the components: only variances are believed."""


@dataclass(frozen=True, slots=True)
class Gaussians:
    """A mean [K, C] and a factor of the covariance [K, C, C] for each of K categories."""

    linear: Components
    means: Tensor
    factors: Tensor
    shape: torch.Size

    def drawn(self, labels: Tensor, *, seed: int) -> Tensor:
        """uint8 [N, C, H, W] for labels [N]."""
        noise = torch.randn(len(labels), self.means.shape[1], generator=_chance(seed))
        codes = self.means[labels] + (self.factors[labels] @ noise[..., None])[..., 0]
        flat = codes @ self.linear.directions + self.linear.mean
        images = quantised(flat.reshape(-1, *self.shape).clamp(0, 1))
        return (images * 255).round().to(torch.uint8)


def fit(part: Part, *, categories: int, count: int = COUNT) -> Gaussians:
    """From pictures uint8 [N, C, H, W]; a category without any is drawn as their mean."""
    linear = components.fit(part.images / 255, count=count)
    codes = (part.images.flatten(1) / 255 - linear.mean) @ linear.directions.T
    own = [codes[part.labels == label] for label in range(categories)]
    return Gaussians(
        linear,
        torch.stack([one.mean(0) if len(one) else codes.new_zeros(codes.shape[1]) for one in own]),
        torch.stack([_factor(one) for one in own]),
        part.images.shape[1:],
    )


def _factor(codes: Tensor) -> Tensor:
    """A square root [C, C] of the covariance."""
    count, length = codes.shape
    if count < 2:
        return codes.new_zeros(length, length)
    centred = (codes - codes.mean(0)).double()
    covariance = centred.T @ centred / (count - 1)
    if count < FEW * length:
        return covariance.diagonal().sqrt().diag().float()
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp(min=0).sqrt()).float()


def _chance(seed: int) -> Generator:
    return Generator().manual_seed(seed)
