"""Whether a nearest neighbour tells two sets apart (Lopez-Paz & Oquab 2017; Xu et al. 2018)."""

import torch
from torch import Tensor

from models.metrics.feature_sets import check
from models.metrics.nearest import nearest, nearest_others


def two_sample_accuracy(real: Tensor, samples: Tensor) -> float:
    """Share of all rows whose nearest other row is of their own set; a tie counts half.

    0.5 where the sets are of one kind, 1 where they share no place, and below 0.5 where samples
    are copies of these very rows.

    Args:
        real: [N, D], two rows at least.
        samples: [N, D]; another number of them would favour the larger set.
    """
    check(real, samples, least=2)
    if len(real) != len(samples):
        raise ValueError(f"expected as many of each, got {len(real)} and {len(samples)}")
    return torch.cat([_told(real, samples), _told(samples, real)]).mean().item()


def _told(own: Tensor, other: Tensor) -> Tensor:
    """1, 0 or a half for each row of the first set: [N] float64."""
    within = nearest_others(own).distances[:, 0]
    across = nearest(own, other).distances[:, 0]
    return ((within < across).double() + (within <= across).double()) / 2
