"""One measure of held-out pictures, category by category, beside what serves now."""

import torch
from torch import Tensor

from models.evaluation.findings import Category
from models.evaluation.lead import Lead, lead


def by_category(
    names: tuple[str, ...], labels: Tensor, ours: Tensor, theirs: Tensor
) -> dict[str, Category]:
    """Of each category that has a picture.

    Args:
        names: what the labels mean.
        labels: int64 [N].
        ours: the candidate's measure [N], higher is better.
        theirs: the incumbent's, NaN where it cannot be compared.
    """
    found = {}
    for label, name in enumerate(names):
        mine = labels == label
        if mine.any():
            over = over_all(ours[mine], theirs[mine])
            found[name] = Category(int(mine.sum()), ours[mine].mean().item(), over)
    return found


def over_all(ours: Tensor, theirs: Tensor) -> Lead | None:
    """The candidate's lead where both were measured; None where nothing was."""
    both = ~theirs.isnan()
    return lead(ours[both], theirs[both]) if both.any() else None


def uncompared(ours: Tensor) -> Tensor:
    """In the place of an incumbent that there is not, or that cannot be compared."""
    return torch.full_like(ours, torch.nan)
