"""Which of two generators draws nearer to real pictures, and how sure that is.

The test of relative similarity (Bounliphone et al. 2016): the difference of two kernel distances to
the same real pictures, which takes out how hard these are.
"""

import math
from dataclasses import dataclass

from torch import Tensor

from models.evaluation.lead import Lead
from models.metrics.kernel_distance import cubic_kernel


@dataclass(frozen=True, slots=True)
class Nearness:
    """Of one generator to n real pictures of a category.

    Attributes:
        distance: unbiased MMD² between its samples and them; may be a little below 0.
        pulls: [n, n], what the pair of two pictures and two samples adds to it, without what the
            real pictures add by themselves; the diagonal counts for nothing.
    """

    distance: float
    pulls: Tensor


def nearness(real: Tensor, samples: Tensor) -> Nearness:
    """Features [N, D] of real pictures and of as many samples, two of each at least."""
    if real.shape != samples.shape or len(real) < 2:
        raise ValueError(f"expected two equal [N, D], got {real.shape}, {samples.shape}")
    real, samples = real.double(), samples.double()
    across = cubic_kernel(real, samples)
    pulls = cubic_kernel(samples, samples) - across - across.T
    return Nearness(_mean(cubic_kernel(real, real) + pulls), pulls)


def nearer(ours: Nearness, theirs: Nearness) -> Lead:
    """How much nearer ours is, over the same real pictures in the same order."""
    count = len(ours.pulls)
    h = theirs.pulls - ours.pulls
    h.fill_diagonal_(0.0)
    each = h.sum(1) / (count - 1)
    # A U-statistic of pairs: each picture takes part twice.
    noise = 2 * each.std().item() / math.sqrt(count)
    return Lead(theirs.distance, each.mean().item(), noise, count)


def together(leads: list[Lead]) -> Lead:
    """Over several categories, each by how many pictures it has; they know nothing of each other.

    The first of them cannot be missing.
    """
    pictures = sum(one.pictures for one in leads)
    shares = [one.pictures / pictures for one in leads]
    parts = list(zip(shares, leads, strict=True))
    return Lead(
        other=sum(share * one.other for share, one in parts),
        ahead=sum(share * one.ahead for share, one in parts),
        noise=math.hypot(*(share * (one.noise or 0.0) for share, one in parts)),
        pictures=pictures,
    )


def _mean(pairs: Tensor) -> float:
    """Over all pairs of two different pictures."""
    return (pairs.sum() - pairs.trace()).item() / (len(pairs) * (len(pairs) - 1))
