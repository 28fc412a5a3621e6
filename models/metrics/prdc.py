"""Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020).

A set is taken for what lies within the balls around its rows that reach to the k-th neighbour.
Agrees with the definitions written out over all pairs, exactly.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.metrics.feature_sets import check
from models.metrics.nearest import blocks, nearest_others

NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Prdc:
    """How two sets overlap.

    Attributes:
        precision: share of the samples that lie in a ball of a real row: they look real.
        recall: share of the real rows that lie in a ball of a sample: they could be drawn.
        density: real balls that a sample lies in, by k; about 1 for two sets of one kind, and
            above for samples that crowd where real rows do.
        coverage: share of the real balls that hold a sample: what is drawn at all.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Tensor, samples: Tensor, *, k: int = NEIGHBOURS) -> Prdc:
    """Of more than k rows each, in blocks that fit, however many there are.

    Args:
        real: [N, D].
        samples: [M, D]; as many, where densities are to be compared.
        k: which neighbour a ball reaches to.
    """
    check(real, samples, least=k + 1)
    real_reach, reach = (nearest_others(one, k=k).distances[:, -1] for one in (real, samples))
    balls = torch.zeros(len(samples), dtype=torch.int64, device=samples.device)
    covered, recalled = [], []
    for rows, apart in blocks(real, samples):
        held = apart <= real_reach[rows, None]
        balls += held.sum(0)
        covered.append(held.any(1))
        recalled.append((apart <= reach).any(1))
    return Prdc(
        precision=_share(balls > 0),
        recall=_share(torch.cat(recalled)),
        density=balls.double().mean().item() / k,
        coverage=_share(torch.cat(covered)),
    )


def _share(true: Tensor) -> float:
    return true.double().mean().item()
