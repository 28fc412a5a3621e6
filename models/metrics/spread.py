"""How far pictures of one kind lie apart, as a share of real ones; 0 where all are the same."""

import torch
from torch import Generator, Tensor

from models.metrics.feature_sets import check

PAIRS = 2_000


def spread_ratio(samples: Tensor, real: Tensor, *, pairs: int = PAIRS, seed: int = 0) -> float:
    """Mean distance of pairs of samples by that of real pairs; 1 is as diverse as they are.

    Taken over one category: over several, the distances between these hide what lies within.

    Args:
        samples: [N, D] features, two rows at least.
        real: [M, D], likewise.
        pairs: how many of each are drawn.
        seed: of the drawing.

    Returns:
        Infinite where only the real ones are all equal, NaN where all of both are.
    """
    check(samples, real, least=2)
    drawn, wanted = (_spread(one, pairs, Generator().manual_seed(seed)) for one in (samples, real))
    ratio: Tensor = drawn / wanted
    return ratio.item()


def _spread(features: Tensor, pairs: int, chance: Generator) -> Tensor:
    """Mean distance of pairs of two different rows."""
    count = len(features)
    one = torch.randint(count, (pairs,), generator=chance)
    other = (one + torch.randint(1, count, (pairs,), generator=chance)) % count
    apart = features[one.to(features.device)] - features[other.to(features.device)]
    return apart.double().norm(dim=1).mean()
