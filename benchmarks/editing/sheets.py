"""The contact sheets of the trials: what was given, what would be right, what each system made."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image
from torch import Tensor

from benchmarks.editing.pictures import pixels
from benchmarks.editing.trials import SHOWN, Case, Outcome, Shown
from examples.gallery import file_of
from examples.gallery_captions import number
from examples.gallery_sheet import Cell, Strip, draw

_ASIDE = "What was given, what would be right, and what each system makes of it, with its scores."


def written(outcomes: Iterable[Outcome], folder: Path) -> list[Path]:
    """One sheet an operation, `<operation>.webp`, of the first trials' first cases."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for operation, group in groupby(outcomes, key=lambda one: one.trial.operation):
        file = folder / f"{operation}.webp"
        file.write_bytes(file_of(draw(operation, _ASIDE, _strips(list(group)))))
        files.append(file)
    return files


def _strips(outcomes: Sequence[Outcome]) -> list[Strip]:
    """The first case of each trial; where there is one trial, all that was kept of it."""
    return [
        Strip((*_known(outcome, same[0].case), *map(_cell, same)))
        for outcome in outcomes
        for same in _cases(outcome)[: SHOWN if len(outcomes) == 1 else 1]
    ]


def _cases(outcome: Outcome) -> list[list[Shown]]:
    return [list(group) for _, group in groupby(outcome.shown, key=lambda one: one.case.name)]


def _known(outcome: Outcome, case: Case) -> list[Cell]:
    given = Cell(_picture(case.given), f"{case.name}: {outcome.trial.set}", is_source=True)
    truth = case.where if outcome.trial.operation == "cutout" else case.truth
    if truth is None:
        return [given]
    return [given, Cell(_picture(truth), "what would be right", is_source=True)]


def _cell(shown: Shown) -> Cell:
    told = tuple(number(name, value) for name, value in shown.scores.items() if value is not None)
    return Cell(_picture(shown.made), f"{shown.system.name}: {shown.system.by}", told)


def _picture(image: Tensor) -> Image.Image:
    found = pixels(image.clamp(0, 1))
    return Image.fromarray(found[..., 0] if found.shape[2] == 1 else found)
