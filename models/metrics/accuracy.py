"""How often the right category is the likeliest; agrees with scikit-learn's definitions exactly."""

from torch import Tensor


def accuracy(scores: Tensor, labels: Tensor) -> float:
    """Share of the pictures whose highest score is their category's (top-1).

    Args:
        scores: [N, K], logits or probabilities.
        labels: int64 [N], from 0 to K - 1.
    """
    return _right(scores, labels).mean().item()


def balanced_accuracy(scores: Tensor, labels: Tensor) -> float:
    """The mean of every category's own accuracy, so that a rare one counts as much as the rest.

    Args:
        scores: [N, K].
        labels: int64 [N]; categories that do not occur are left out.
    """
    hits, counts = labels.bincount(_right(scores, labels)), labels.bincount()
    return (hits / counts)[counts > 0].mean().item()


def _right(scores: Tensor, labels: Tensor) -> Tensor:
    """[N] float64, 1 where the answer is right."""
    if scores.ndim != 2 or scores.shape[:1] != labels.shape or not len(labels):
        shapes = f"{tuple(scores.shape)}, {tuple(labels.shape)}"
        raise ValueError(f"expected scores [N, K] and labels [N] of some pictures, got {shapes}")
    return (scores.argmax(1) == labels).double()
