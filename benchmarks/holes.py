"""How an inpainter fills holes of photographs that it did not learn from; pictures are not kept."""

from pathlib import Path

import torch
from torch import nn

from benchmarks.catalogue import rounded
from models.data import photographs
from models.evaluation import filling_in
from models.evaluation.contender import Contender
from models.evaluation.exam import Exam
from models.networks.inpainter import Inpainter

Scores = dict[str, float | None]


def hole_scores(network: nn.Module, folder: Path) -> tuple[Scores, Scores]:
    """Beside Telea's method and the film that a network begins with."""
    del folder
    if not isinstance(network, Inpainter):
        raise TypeError(f"expected an Inpainter, got {type(network).__name__}")
    images = photographs.read()
    learnt, held_out = images.split()
    exam = Exam(learnt, held_out, held_out.digest(), torch.device("cpu"))
    found = filling_in.evaluate(Contender(network, images.categories), exam, incumbent=None)
    ours: Scores = {f"val_{name}": score for name, score in found.scores.items()}
    theirs: Scores = {"val_hole_nearness": found.over_baseline.other}
    return rounded(ours), rounded(theirs)
