"""What was measured picture by picture, told for each category."""

import torch
from torch import Tensor

from models.evaluation.findings import Category
from models.evaluation.lead import lead


def by_category(
    names: tuple[str, ...], labels: Tensor, ours: Tensor, rows: Tensor, theirs: Tensor
) -> dict[str, Category]:
    """Each category that has a picture.

    Args:
        names: what labels mean.
        labels: [N].
        ours: [N], of the candidate.
        rows: [M], which pictures the incumbent was measured on.
        theirs: [M], of the incumbent.
    """
    followed = torch.full_like(ours, torch.nan)
    followed[rows] = theirs
    return {
        name: _category(ours[mine], followed[mine])
        for label, name in enumerate(names)
        if (mine := labels == label).any()
    }


def _category(ours: Tensor, theirs: Tensor) -> Category:
    both = ~theirs.isnan()
    over = lead(ours[both], theirs[both]) if both.any() else None
    return Category(len(ours), ours.mean().item(), over)
