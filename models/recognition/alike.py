"""Which of many vectors are most like one: exact, by the cosine of the angle between them."""

from dataclasses import dataclass

import torch
from torch import Tensor

PIECE = 16_384
"""Rows at a time: half precision is made float32 for the product, all at once would be twice it."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows, and their cosine with what was asked for, 1 for the same direction; highest first."""

    rows: list[int]
    similarities: list[float]


@torch.no_grad()
def most_alike(query: Tensor, among: Tensor, *, k: int) -> Alike:
    """The k rows of `among` [M, D], float16 and of length one, most like the query [D]."""
    if not len(among):
        return Alike([], [])
    cosines = torch.cat([piece.float() @ query for piece in torch.split(among, PIECE)])
    found = cosines.topk(min(k, len(among)))
    return Alike(found.indices.tolist(), found.values.tolist())
