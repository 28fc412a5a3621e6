"""Which of many vectors are most like one of a few: exact, by the cosine of their angle."""

from dataclasses import dataclass

import torch
from torch import Tensor

PIECE = 16_384
"""Rows at a time: half precision is made float32 for the product, all at once would be twice it."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows, and the highest of their cosines with what was asked for; the highest first."""

    rows: list[int]
    similarities: list[float]


@torch.no_grad()
def most_alike(queries: Tensor, among: Tensor, *, k: int) -> Alike:
    """The k rows of `among` [M, D], float16 and of length one, most like any query of [Q, D]."""
    if not len(among):
        return Alike([], [])
    cosines = torch.cat(
        [(piece.float() @ queries.T).amax(1) for piece in torch.split(among, PIECE)]
    )
    found = cosines.topk(min(k, len(among)))
    return Alike(found.indices.tolist(), found.values.tolist())
