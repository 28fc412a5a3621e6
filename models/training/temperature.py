"""Temperature scaling (Guo et al. 2017): one number that makes probabilities honest."""

import torch
from torch import Tensor

SOFTEST, SHARPEST = 0.05, 20.0
HALVINGS = 50


def temperature_for(logits: Tensor, labels: Tensor) -> float:
    """What to divide logits [N, K] by, so that labels [N] are as likely as can be.

    The likelihood is concave in the inverse, so its slope has one zero: bisection finds it, between
    0.05 and 20. Answers that are all right would ask for no doubt at all, and get the bound.
    """
    logits = logits.double()
    low, high = SOFTEST, SHARPEST
    for _ in range(HALVINGS):
        inverse = (low * high) ** 0.5
        if _slope(logits, labels, inverse) >= 0:
            low = inverse
        else:
            high = inverse
    return 1 / (low * high) ** 0.5


def _slope(logits: Tensor, labels: Tensor, inverse: float) -> float:
    """Of the mean log likelihood: above 0 where sharper answers would be likelier."""
    expected = (torch.softmax(logits * inverse, dim=1) * logits).sum(1)
    return (logits.gather(1, labels[:, None])[:, 0] - expected).mean().item()
