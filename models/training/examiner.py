"""How good a generator is while it learns: a small panel after each epoch, by one judge."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.data.image_set import Part
from models.evaluation import generation
from models.evaluation.collapse import narrow
from models.evaluation.generated import Panel, panel
from models.evaluation.judge import Judge
from models.evaluation.matched import taken
from models.networks.gan import Generator
from models.training.teaching import Teacher

MOST_LEARNT, MOST_HELD_OUT = 2_000, 1_000
STEPS_TO_LEARN_IN = 1_000
"""A generator that is younger draws always the same because it has learnt nothing yet."""


@dataclass(slots=True)
class Examiner:
    """Its judge is taught when it is first asked, and is the same after a resumption.

    Attributes:
        categories: how many there are.
        device: where all of it is computed.
    """

    categories: int
    device: torch.device
    judge: Judge | None = None

    def scores(self, network: Generator, learning: Part, held_out: Part) -> dict[str, float]:
        """By name, `class_coverage` first; none where too little is held out for numbers."""
        found = self._panel(network, learning, held_out)
        return {} if found is None else _scores(found)

    def collapse(self, network: Generator, learning: Part, held_out: Part) -> str | None:
        """A sentence, if it draws the same picture again and again."""
        found = self._panel(network, learning, held_out)
        return None if found is None else narrow(found.categories)

    def _panel(self, network: Generator, learning: Part, held_out: Part) -> Panel | None:
        beside, real = _spread(learning, MOST_LEARNT), _spread(held_out, MOST_HELD_OUT)
        if not set(real.labels.tolist()) & set(beside.labels.tolist()):
            return None
        if self.judge is None:
            self.judge = Teacher(self.categories, self.device)(learning)
        samples = Part(generation.drawn(network, real.labels, self.device), real.labels)
        return panel(beside, real, samples, judge=self.judge, categories=self.categories)


def _scores(found: Panel) -> dict[str, float]:
    overlap = found.pooled.samples.prdc
    if overlap is None:
        return {}
    covered = [one.samples.prdc.coverage for one in found.categories if one.samples.prdc]
    named = {
        # Of each category by itself: who draws a bag for a shoe covers nothing.
        "class_coverage": sum(covered) / len(covered) if covered else overlap.coverage,
        "coverage": overlap.coverage,
        "precision": overlap.precision,
        "recall": overlap.recall,
        "class_agreement": found.pooled.samples.agreement,
    }
    return {name: one for name, one in named.items() if one is not None}


def _spread(part: Part, most: int) -> Part:
    """So many of them at most, evenly through all."""
    rows: Tensor = torch.linspace(0, len(part) - 1, min(most, len(part))).long()
    return taken(part, rows)
