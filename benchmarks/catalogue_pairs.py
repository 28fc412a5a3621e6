"""What is drawn from sketches and what is cut out, of the catalogue's models that nothing saw.

By the very exams that a training's end has, but on the tested models: no epoch was chosen by them.
"""

from pathlib import Path

import torch
from torch import nn

from benchmarks.catalogue import rounded
from benchmarks.catalogue_recipes import (
    as_rendered,
    cut_out,
    cut_out_tested_on,
    tested_on,
    with_maps,
    with_maps_tested_on,
)
from models.data.image_set import Part
from models.data.product_classes import CLASSES
from models.evaluation import cutting, translation
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.evaluation.findings import Findings
from models.networks.matte import MatteNet
from models.networks.translator import Translator

CPU = torch.device("cpu")

Scores = dict[str, float | None]


def drawn_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Beside the training picture with the nearest edges."""
    del folder
    if not isinstance(network, Translator):
        raise TypeError(f"expected a Translator, got {type(network).__name__}")
    exam = _exam(as_rendered().split()[0], tested_on())
    return _told(translation.evaluate(Contender(network, CLASSES), exam, incumbent=None))


def mapped_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Of label maps, beside the training picture with the nearest map."""
    del folder
    if not isinstance(network, Translator):
        raise TypeError(f"expected a Translator, got {type(network).__name__}")
    exam = _exam(with_maps().split()[0], with_maps_tested_on())
    return _told(translation.evaluate(Contender(network, CLASSES), exam, incumbent=None))


def cut_out_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Beside the classical cut-out, on held-out photographs and grounds without any."""
    del folder
    if not isinstance(network, MatteNet):
        raise TypeError(f"expected a MatteNet, got {type(network).__name__}")
    images = cut_out()
    exam = _exam(images.split()[0], cut_out_tested_on())
    found = cutting.evaluate(Contender(network, CLASSES), exam, images.grounds, incumbent=None)
    return _told(found)


def _exam(learnt: Part, tested: Part) -> Exam:
    return Exam(learnt, tested, tested.digest(), CPU)


def _told(found: Findings) -> tuple[Scores, Scores]:
    """The baseline's scores have its name in theirs, but for the measure itself."""
    ours: Scores = {f"test_{name}": score for name, score in found.scores.items()}
    theirs: Scores = {f"test_{found.measure}": found.over_baseline.other}
    return rounded(ours), rounded(theirs)
