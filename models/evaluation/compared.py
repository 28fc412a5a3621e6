"""A number and its floor: samples, and what real pictures get in their place."""

from dataclasses import dataclass

from torch import Tensor

from models.evaluation.judge import Seen
from models.evaluation.measures import Measures, measured
from models.metrics.memorisation import Memorisation, nearness
from models.metrics.nearest import Nearest


@dataclass(frozen=True, slots=True)
class Compared:
    """Of one category, or of all.

    Attributes:
        samples: how near generated pictures are to the training pictures.
        floor: how near as many held-out ones are: no generator can be asked for more.
        memorisation: how near samples are to their nearest training picture, as a share of the
            held-out ones; None without a picture.
    """

    samples: Measures
    floor: Measures
    memorisation: float | None


def compared(
    samples: Seen,
    held_out: Seen,
    training: Tensor,
    copies: Memorisation,
    *,
    where: slice = slice(None),
    seed: int,
) -> Compared:
    """Measure a span of matched sets.

    Args:
        samples: as the judge sees them, [N].
        held_out: the same of as many real pictures that nobody learnt from.
        training: features [N, D] of as many training pictures.
        copies: nearest training pictures of both.
        where: the rows of one category, or all.
        seed: of what is drawn by chance.
    """
    drawn, real = (
        measured(one.features[where], training[where], one.agreed[where], seed=seed)
        for one in (samples, held_out)
    )
    near = [_part(one, where) for one in (copies.samples, copies.held_out)]
    return Compared(drawn, real, nearness(*near) if drawn.pictures else None)


def _part(found: Nearest, where: slice) -> Nearest:
    return Nearest(found.distances[where], found.rows[where])
