"""How unlike what a classifier learnt from a picture is (Lee et al. 2018, Mahalanobis).

Of each ground on which the pictures of a data set stand, each category has its mean feature; the
nearest mean by the ground's own covariance counts. The unit is the distance that 99 of 100 held-out
pictures stay below. It tells a photograph of something else from a product on plain ground; it does
not tell what a picture shows, nor one product from another (docs/safety.md).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load, save
from torch import Tensor

FOLDER: Final = Path(__file__).parent / "familiar"
_RIDGE: Final = 1e-3
"""Of the mean variance, added to each: features that never move would make anything strange."""
_QUANTILE: Final = 0.99


@dataclass(frozen=True, slots=True)
class Familiar:
    """What a classifier's features are like.

    Attributes:
        means: [G, K, D], of each ground and category.
        precisions: [G, D, D], of each ground, the inverse of what the categories share.
        unit: the distance that 99 of 100 held-out pictures stay below.
    """

    means: Tensor
    precisions: Tensor
    unit: Tensor

    def unfamiliarity(self, features: Tensor) -> Tensor:
        """[N, D] → [N], 0 and up; 1 is further away than 99 of 100 held-out pictures."""
        return _nearest(features, self.means, self.precisions) / self.unit

    def written(self) -> bytes:
        parts = {"means": self.means, "precisions": self.precisions, "unit": self.unit}
        return save({name: part.contiguous() for name, part in parts.items()})


def fit(grounds: list[Tensor], labels: Tensor, *, held_out: Tensor) -> Familiar:
    """From features of the training's pictures, [N, D] for each ground, labels [N] in 0 … K - 1.

    Args:
        grounds: the same pictures on each ground.
        labels: of these.
        held_out: [M, D], of pictures that were not learnt from, on any of the grounds.
    """
    means, precisions = [], []
    for features in grounds:
        of_each = torch.stack([features[labels == k].mean(0) for k in range(int(labels.max()) + 1)])
        apart = (features - of_each[labels]).double()
        shared = apart.T @ apart / len(apart)
        ridge = _RIDGE * shared.diagonal().mean() * torch.eye(len(shared), dtype=torch.float64)
        means.append(of_each)
        precisions.append(torch.linalg.inv(shared + ridge).float())
    stacked = torch.stack(means), torch.stack(precisions)
    return Familiar(*stacked, _nearest(held_out, *stacked).quantile(_QUANTILE))


@cache
def of(sha256: str) -> Familiar | None:
    """The statistics that ship for the weights of this digest; None: there are none."""
    path = FOLDER / f"{sha256[:16]}.safetensors"
    return Familiar(**load(path.read_bytes())) if path.exists() else None


def _nearest(features: Tensor, means: Tensor, precisions: Tensor) -> Tensor:
    """[N]: the Mahalanobis distance to the nearest mean."""
    apart = features[:, None, None] - means  # [N, G, K, D]
    squared = torch.einsum("ngkd,gde,ngke->ngk", apart, precisions, apart)
    return squared.flatten(1).amin(1).clamp(min=0).sqrt()
