"""Whether a generator collapsed: it draws too few different things, or not what was asked for."""

from collections.abc import Iterator, Sequence

from models.evaluation.compared import Compared

LEAST_OF_BEST_COVERAGE = 0.5
LEAST_RECALL = 0.05
LEAST_SPREAD = 0.5
LEAST_OF_FLOOR_AGREEMENT = 0.75
"""Of that of real pictures: a judge that confuses those cannot ask for more of samples."""


def collapse(
    pooled: Compared, categories: Sequence[Compared], *, best_coverage: float | None = None
) -> str | None:
    """A sentence with the rules that are broken, None where none is.

    Args:
        pooled: all categories together.
        categories: each of them.
        best_coverage: the highest that this run has reached; without it, that of real pictures.
    """
    broken = [
        *_coverage(pooled, best_coverage),
        *_recall(categories),
        *_spread(categories),
        *_agreement(pooled),
    ]
    return "; ".join(broken) or None


def narrow(categories: Sequence[Compared]) -> str | None:
    """A sentence where samples of a category are all alike, whatever else they are."""
    return next(_spread(categories), None)


def _coverage(pooled: Compared, best: float | None) -> Iterator[str]:
    if pooled.samples.prdc is None or pooled.floor.prdc is None:
        return
    found = pooled.samples.prdc.coverage
    wanted = pooled.floor.prdc.coverage if best is None else best
    if found < LEAST_OF_BEST_COVERAGE * wanted:
        yield f"coverage {found:.3f} is below {LEAST_OF_BEST_COVERAGE} of {wanted:.3f}"


def _recall(categories: Sequence[Compared]) -> Iterator[str]:
    """Only where real pictures come to it themselves: held-out products may be like no other."""
    found = [
        (one.samples.prdc.recall, n)
        for n, one in enumerate(categories)
        if one.samples.prdc and one.floor.prdc and one.floor.prdc.recall >= LEAST_RECALL
    ]
    yield from _worst(found, "recall", LEAST_RECALL)


def _spread(categories: Sequence[Compared]) -> Iterator[str]:
    found = [
        (one.samples.spread, n)
        for n, one in enumerate(categories)
        if one.samples.spread is not None
    ]
    yield from _worst(found, "spread", LEAST_SPREAD)


def _worst(found: list[tuple[float, int]], name: str, least: float) -> Iterator[str]:
    below = [one for one in found if one[0] < least]
    if below:
        value, category = min(below)
        yield f"{name} {value:.3f} of category {category} is below {least}"


def _agreement(pooled: Compared) -> Iterator[str]:
    found, real = pooled.samples.agreement, pooled.floor.agreement
    if found is None or real is None:
        return
    if found < LEAST_OF_FLOOR_AGREEMENT * real:
        yield (
            f"the judge finds the category asked for in {found:.3f}, "
            f"below {LEAST_OF_FLOOR_AGREEMENT} of {real:.3f}"
        )
