"""As many rows of each category from several sets, so that none is measured by its mixture."""

from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Generator, Tensor

from models.data.image_set import Part


@dataclass(frozen=True, slots=True)
class Matched:
    """Which rows were chosen.

    Attributes:
        rows: of each set [M] int64, ordered by category.
        spans: where each category lies in them, in every set the same.
    """

    rows: tuple[Tensor, ...]
    spans: tuple[slice, ...]


def matched(*labels: Tensor, categories: int, seed: int) -> Matched:
    """Of each category as many rows as the set with the fewest has, drawn by chance.

    Args:
        labels: of each set [N] int64, from 0 and below `categories`.
        categories: how many there are.
        seed: of the drawing.
    """
    for one in labels:
        if len(one) and not 0 <= int(one.min()) <= int(one.max()) < categories:
            raise ValueError(f"expected labels from 0 and below {categories}")
    chance = Generator().manual_seed(seed)
    chosen = [_chosen(labels, category, chance) for category in range(categories)]
    counts = [len(rows[0]) for rows in chosen]
    spans = [slice(end - n, end) for n, end in zip(counts, accumulate(counts), strict=True)]
    return Matched(tuple(map(torch.cat, zip(*chosen, strict=True))), tuple(spans))


def taken(part: Part, rows: Tensor) -> Part:
    return Part(part.images[rows], part.labels[rows])


def _chosen(labels: tuple[Tensor, ...], category: int, chance: Generator) -> list[Tensor]:
    sets = [(one.cpu() == category).nonzero()[:, 0] for one in labels]
    count = min(map(len, sets))
    return [rows[torch.randperm(len(rows), generator=chance)[:count]] for rows in sets]
