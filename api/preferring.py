"""What somebody will like, from what they and their segment liked: a Bayesian linear model.

Ridge regression with a Gaussian prior in its dual form (Rasmussen & Williams 2006, chapter 2.1):
a segment's weights are drawn around zero and a shopper's around those of the segment, so that a
shopper of whom nothing is known likes what the segment likes. Exact, in closed form.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OWN: Final = 0.5
"""How far a shopper's weights may be from the segment's: a share of the segment's own variance."""
NOISE: Final = 1.0
"""How much of an opinion is chance, as a share of the same."""

_SAME: Final = 1e-3
"""What half precision leaves between equal vectors."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What is known of one segment and one shopper.

    Attributes:
        vectors: of what was seen, [N, D].
        liked: 1 or -1, [N].
        of_segment: 1 where the opinion is of the segment, the shopper's among them, [N].
        of_shopper: 1 where it is the shopper's own, [N].
    """

    vectors: Floats
    liked: Floats
    of_segment: Floats
    of_shopper: Floats


@dataclass(frozen=True, slots=True)
class Expected:
    """Of each candidate the opinion to expect, about -1 to 1, and its standard deviation, [M]."""

    mean: Floats
    deviation: Floats


def expected(candidates: Floats, known: Opinions, *, has_shopper: bool) -> Expected:
    """What to expect of candidates [M, D], of the shopper if there is one, else of the segment."""
    seen, wanted = _seen(known.vectors, candidates)
    own = OWN if has_shopper else 0.0
    shared = np.outer(known.of_segment, known.of_segment)
    private = OWN * np.outer(known.of_shopper, known.of_shopper)
    among = (seen @ seen.T) * (shared + private) + NOISE * np.eye(len(seen))
    across = (wanted @ seen.T) * (known.of_segment + own * known.of_shopper)
    prior = (wanted**2).sum(1) * (1.0 + own)
    solved = np.linalg.solve(among, np.column_stack([known.liked, across.T]))
    told = (across * solved[:, 1:].T).sum(1)
    return Expected(across @ solved[:, 0], np.sqrt(np.maximum(prior - told, 0.0)))


def _seen(vectors: Floats, candidates: Floats) -> tuple[Floats, Floats]:
    """What tells them apart: around the middle of all, on the scale of their differences."""
    together = np.concatenate([candidates, vectors])
    middle = together.mean(0)
    scale = np.sqrt(((together - middle) ** 2).sum(1).mean())
    if scale < _SAME:  # the same picture again: nothing to tell apart
        scale = 1.0
    return (vectors - middle) / scale, (candidates - middle) / scale
