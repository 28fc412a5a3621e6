"""Generated pictures beside real ones: a panel of numbers, each with its floor."""

from dataclasses import dataclass
from functools import partial

from torch import Tensor

from models.data.image_set import Part
from models.evaluation.collapse import collapse
from models.evaluation.compared import Compared, compared
from models.evaluation.judge import Judge, each, seen
from models.evaluation.matched import matched, taken
from models.metrics.memorisation import LIMIT, memorisation
from models.metrics.nearest import Nearest


@dataclass(frozen=True, slots=True)
class Closest:
    """Samples beside their nearest training pictures, the nearest first: to be looked at.

    Attributes:
        samples: [M] int64, rows of the samples.
        training: [M] int64, rows of the training pictures.
        distances: [M] in the judge's features.
    """

    samples: Tensor
    training: Tensor
    distances: Tensor


@dataclass(frozen=True, slots=True)
class Panel:
    """How good a generator is.

    Attributes:
        judge: in whose features it was measured.
        pooled: all categories together, as many pictures of each as every set has.
        categories: each of them, by label.
        closest: what might be copies.
        collapse: which rules are broken, in a sentence; None where none is.
    """

    judge: str
    pooled: Compared
    categories: tuple[Compared, ...]
    closest: Closest
    collapse: str | None

    @property
    def is_copying(self) -> bool:
        """Whether samples are so near to training pictures that they were remembered."""
        return self.pooled.memorisation is not None and self.pooled.memorisation < LIMIT


def panel(
    training: Part,
    held_out: Part,
    samples: Part,
    *,
    judge: Judge,
    categories: int,
    best_coverage: float | None = None,
    seed: int = 0,
) -> Panel:
    """Measure samples beside the training pictures, and held-out pictures in their place.

    Of each category as many pictures count as the smallest of the three sets has, so that the
    numbers of both are of equally many; copies are looked for in all training pictures.

    Args:
        training: what the generator learnt from.
        held_out: real pictures that neither it nor the judge learnt from.
        samples: what it drew, with the categories that were asked for.
        judge: what sees them.
        categories: how many there are.
        best_coverage: the highest that this run has reached; see `collapse`.
        seed: of what is drawn by chance.
    """
    labels = (part.labels for part in (training, held_out, samples))
    chosen = matched(*labels, categories=categories, seed=seed)
    beside, real_rows, drawn_rows = chosen.rows
    if not len(beside):
        raise ValueError("expected a category that all three sets have pictures of")
    known = each(judge.features, training)
    real, drawn = seen(judge, taken(held_out, real_rows)), seen(judge, taken(samples, drawn_rows))
    copies = memorisation(drawn.features, real.features, known)
    measure = partial(compared, drawn, real, known[beside.to(known.device)], copies, seed=seed)
    pooled, by_category = measure(), tuple(measure(where=span) for span in chosen.spans)
    return Panel(
        judge=judge.name,
        pooled=pooled,
        categories=by_category,
        closest=_closest(copies.samples, drawn_rows),
        collapse=collapse(pooled, by_category, best_coverage=best_coverage),
    )


def _closest(found: Nearest, rows: Tensor) -> Closest:
    distances, order = found.distances[:, 0].cpu().sort()
    return Closest(rows[order], found.rows[:, 0].cpu()[order], distances)
