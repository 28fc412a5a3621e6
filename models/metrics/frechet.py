"""Fréchet distance of two Gaussians fitted to features (Heusel et al. 2017, there of Inception's).

Agrees with the same formula over `scipy.linalg.sqrtm` to 1e-9. In features of any other network
than Inception it is not an FID, and is only comparable with distances in the same features.
"""

import torch
from torch import Tensor

from models.metrics.feature_sets import check


def frechet(a: Tensor, b: Tensor) -> float:
    """|μa - μb|² + tr(Ca + Cb - 2·(Ca·Cb)^½), in float64; 0 for equal sets.

    The fewer rows, the larger it is, also for two sets of one kind: compare it with that of as
    many real rows. With fewer rows than dimensions the covariances are singular; the distance is
    still defined, but says little more than how far apart the means are.

    Args:
        a: [N, D], two rows at least.
        b: [M, D], two rows at least.
    """
    check(a, b, least=2)
    (mean_a, cov_a), (mean_b, cov_b) = _gaussian(a), _gaussian(b)
    apart = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace()
    # Rounding may leave a little less than nothing.
    return max(0.0, (apart - 2 * _trace_of_root(cov_a @ cov_b)).item())


def _gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [D] and covariance [D, D]."""
    rows = features.double()
    return rows.mean(0), rows.T.cov().view(rows.shape[1], -1)


def _trace_of_root(product: Tensor) -> Tensor:
    """Of a product of two covariances, whose eigenvalues are real and not negative."""
    roots: Tensor = torch.linalg.eigvals(product).sqrt().real.sum()
    return roots
