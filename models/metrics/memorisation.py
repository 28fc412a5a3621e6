"""Whether samples are copies: how near the nearest training picture is, beside real pictures' own.

The distance is one in a network's features. Real pictures that nobody learnt from have near
neighbours in the training set, too; samples that are much nearer were remembered.
"""

from dataclasses import dataclass

from torch import Tensor

from models.metrics.feature_sets import check
from models.metrics.nearest import Nearest, nearest

LIMIT = 0.7
"""Below this, samples are nearer to training pictures than chance brings them."""


@dataclass(frozen=True, slots=True)
class Memorisation:
    """The ratio, and the neighbours that it comes from, to be looked at.

    Attributes:
        ratio: median distance of the samples by that of the held-out pictures; about 1 for new
            pictures of the same kind, 0 for copies.
        samples: of each sample its nearest training row.
        held_out: the same of each held-out picture.
    """

    ratio: float
    samples: Nearest
    held_out: Nearest

    @property
    def is_copying(self) -> bool:
        return self.ratio < LIMIT


def memorisation(samples: Tensor, held_out: Tensor, training: Tensor) -> Memorisation:
    """Search the training set for what samples were copied from.

    Args:
        samples: [N, D] features.
        held_out: [M, D] of real pictures that the generator never learnt from.
        training: [T, D] of all that it did learn from.
    """
    check(samples, training, least=1)
    check(held_out, training, least=1)
    found, real = nearest(samples, training), nearest(held_out, training)
    return Memorisation(nearness(found, real), found, real)


def nearness(samples: Nearest, held_out: Nearest) -> float:
    """Ratio of the median distances.

    Infinite where the held-out pictures are copies themselves, NaN where both are.
    """
    ratio: Tensor = _median(samples) / _median(held_out)
    return ratio.item()


def _median(found: Nearest) -> Tensor:
    return found.distances[:, 0].double().quantile(0.5)
