"""A panel's numbers by name, as a network's card keeps them: the samples', and their floor's."""

import math

from models.evaluation.generated import Panel
from models.evaluation.measures import Measures

Scores = dict[str, float | None]


def scores(panel: Panel) -> tuple[Scores, Scores]:
    """Of the samples, and of real pictures in their place; None where there is no number.

    Distances carry the judge's name, as two judges' cannot be compared.
    """
    drawn = _named(panel.pooled.samples, judge=panel.judge)
    real = _named(panel.pooled.floor, judge=panel.judge)
    worst = _worst([one.samples for one in panel.categories])
    floor = _worst([one.floor for one in panel.categories])
    memorisation = {"memorisation": panel.pooled.memorisation}
    return _finite({**drawn, **worst, **memorisation}), _finite(
        {f"{name}_real": number for name, number in {**real, **floor}.items()}
    )


def _named(measures: Measures, *, judge: str) -> Scores:
    kernel, overlap = measures.kernel, measures.prdc
    return {
        f"fd@{judge}": measures.frechet,
        f"kd@{judge}": kernel.mean if kernel else None,
        f"kd@{judge}_deviation": kernel.deviation if kernel else None,
        "precision": overlap.precision if overlap else None,
        "recall": overlap.recall if overlap else None,
        "density": overlap.density if overlap else None,
        "coverage": overlap.coverage if overlap else None,
        "two_sample_accuracy": measures.two_sample_accuracy,
        "class_agreement": measures.agreement,
    }


def _worst(categories: list[Measures]) -> Scores:
    """The least of any category, of what a pooled number hides."""
    recalls = [one.prdc.recall for one in categories if one.prdc is not None]
    spreads = [one.spread for one in categories if one.spread is not None]
    return {
        "recall_worst_category": min(recalls, default=None),
        "spread_worst_category": min(spreads, default=None),
    }


def _finite(named: Scores) -> Scores:
    """A card is JSON, which has no infinity."""
    return {
        name: number if number is not None and math.isfinite(number) else None
        for name, number in named.items()
    }
