"""Principal components: the best linear code of a length, which a network of that length must beat.

The same numbers come from scikit-learn's PCA, without that dependency.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

MOST_PICTURES, MOST_NUMBERS = 10_000, 24_000_000
"""To fit on: seconds on two cores, and a few dozen directions are known well from that."""


@dataclass(frozen=True, slots=True)
class Components:
    """Mean [D] and orthonormal directions [K, D] of pictures of one shape."""

    mean: Tensor
    directions: Tensor

    def rebuilt(self, images: Tensor) -> Tensor:
        """[N, C, H, W] in [0, 1] → what K numbers keep of each, the same shape and range."""
        flat = images.flatten(1) - self.mean
        whole = flat @ self.directions.T @ self.directions + self.mean
        return whole.clamp(0, 1).reshape(images.shape)


def fit(images: Tensor, *, count: int) -> Components:
    """The first `count` components of pictures spread evenly through [N, C, H, W] in [0, 1].

    Fewer where there are fewer pictures than that: of N pictures N directions are all there is.
    """
    most = max(1, min(MOST_PICTURES, MOST_NUMBERS // images[0].numel(), len(images)))
    flat = images[torch.linspace(0, len(images) - 1, most).long()].flatten(1)
    mean = flat.mean(0)
    _, _, directions = torch.linalg.svd(flat - mean, full_matrices=False)
    return Components(mean, directions[:count])
