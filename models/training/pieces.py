"""A batch in pieces whose gradients are added: the memory of one, the statistics of all.

Of several processes each cuts its own rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from models.training import together

Told = dict[str, Tensor]
"""Losses by name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a batch.

    Attributes:
        share: of the batch; those of all pieces of all processes add up to one.
    """

    rows: slice
    share: float


def pieces(count: int, *, parts: int) -> tuple[Piece, ...]:
    """So many pictures in as many parts, of one size but for a picture; fewer of few pictures."""
    own = together.own_rows(count)
    parts = min(parts, len(own))
    bounds = [own.start + len(own) * part // parts for part in range(parts + 1)]
    return tuple(
        Piece(slice(start, stop), (stop - start) / count) for start, stop in pairwise(bounds)
    )


def whole(told: Iterable[tuple[Piece, Told]]) -> Told:
    """The losses of a batch from those of its pieces: the mean over pictures."""
    means: Told = {}
    for piece, losses in told:
        for name, loss in losses.items():
            weighted = loss if piece.share == 1 else loss * piece.share
            means[name] = means[name] + weighted if name in means else weighted
    together.add_up(means.values())
    return means
