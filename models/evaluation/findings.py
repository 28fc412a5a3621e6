"""What an evaluation found: the candidate beside the baseline and beside what serves now."""

from dataclasses import dataclass, field
from typing import Literal

from models.evaluation.lead import Lead

Measure = Literal[
    "psnr_db", "y_psnr_db", "accuracy", "kernel_distance", "iou", "hole_nearness", "way_nearness",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Category:
    """One category of the held-out pictures.

    Attributes:
        pictures: of it.
        value: the measure over them.
        lead: over the incumbent; None where it does not know the category, or there is none.
    """

    pictures: int
    value: float
    lead: Lead | None


@dataclass(frozen=True, slots=True)
class Findings:
    """Of one version, on pictures that neither it nor its baseline learnt from.

    Attributes:
        measure: what decides. Of a kernel distance less is better, of the others more; a lead is
            above 0 where the candidate is better, whichever it is.
        value: of the candidate.
        pictures: held out.
        digest: of those pictures; only what was measured on the same can be compared.
        scores: everything measured, by name.
        baseline: the method to beat without a network, by name.
        over_baseline: the candidate's lead over it.
        over_incumbent: the same over what serves; None where nothing does that could be compared.
        unlike: why an incumbent could not be compared.
        categories: by name.
        faults: what forbids to serve it whatever it is compared with, each in a sentence.
        ms_per_picture: on the device of the run.
        peak_memory_mb: of the process or the device.
    """

    measure: Measure
    value: float
    pictures: int
    digest: str
    scores: dict[str, float]
    baseline: str
    over_baseline: Lead
    over_incumbent: Lead | None
    unlike: str | None
    categories: dict[str, Category] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    ms_per_picture: float | None = None
    peak_memory_mb: float | None = None

    @property
    def beats_baseline(self) -> bool:
        return self.over_baseline.is_sure

    @property
    def beats_incumbent(self) -> bool | None:
        return None if self.over_incumbent is None else self.over_incumbent.is_sure

    @property
    def fallen(self) -> tuple[str, ...]:
        """Categories in which the incumbent is better beyond noise, whatever the mean says."""
        behind = (
            name
            for name, one in self.categories.items()
            if one.lead is not None and one.lead.is_behind
        )
        return tuple(behind)
