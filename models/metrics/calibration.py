"""Expected calibration error (Guo et al. 2017): how far confidence is from being right."""

import torch
from torch import Tensor

BINS = 15


def expected_calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Mean distance between confidence and accuracy over 15 bins of equal width.

    A picture's confidence is its highest probability; a bin holds those above its lower edge, up
    to and with its upper one, and weighs as much as it holds.

    Args:
        probabilities: [N, K] in [0, 1].
        labels: int64 [N], from 0 to K - 1.

    Returns:
        0 to 1; 0 where of those that are 80 % sure, 80 % are right, and so on.
    """
    if probabilities.ndim != 2 or probabilities.shape[:1] != labels.shape or not len(labels):
        shapes = f"{tuple(probabilities.shape)}, {tuple(labels.shape)}"
        raise ValueError(f"expected [N, K] and labels [N] of some pictures, got {shapes}")
    confidence, answer = probabilities.double().max(1)
    surplus = confidence - (answer == labels).double()
    edges = torch.arange(1, BINS, dtype=torch.float64, device=labels.device) / BINS
    bins = torch.bucketize(confidence, edges)
    totals = torch.zeros(BINS, dtype=torch.float64, device=labels.device)
    return (totals.index_add(0, bins, surplus).abs().sum() / len(labels)).item()
