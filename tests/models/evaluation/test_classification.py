"""A classifier is measured by how often it is right, beside the nearest mean and what serves."""

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet, Part
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.findings import Findings
from models.evaluation.judge import Judge
from models.networks.classifier import ClassifierConfig, ProductClassifier

CPU = torch.device("cpu")
NAMES = ("dark", "light")


class _Reads(ProductClassifier):
    """By brightness; the border between dark and light may be in the wrong place."""

    def __init__(self, border: float, channels: int = 1, names: tuple[str, ...] = NAMES) -> None:
        super().__init__(ClassifierConfig(len(names), channels, widths=(4, 4, 4)))
        self.border = border
        self.light = names.index("light") if "light" in names else 0

    def classify(self, image: Tensor) -> Tensor:
        light = torch.sigmoid((image.mean((1, 2, 3)) - self.border) * 40)
        others = (1 - light)[:, None].repeat(1, self.config.categories)
        others[:, self.light] = light
        return others / others.sum(1, keepdim=True)


def _nobody(part: Part) -> Judge:
    raise AssertionError("a classifier is measured by its answers")


def _images() -> ImageSet:
    """Dark ones are from 0 to 119, light ones from 120 to 239; noise hides both from their mean."""
    greys = torch.arange(0, 240, 2)
    noise = torch.rand(len(greys), 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 30 - 15
    pictures = (greys.view(-1, 1, 1, 1) + noise).clamp(0, 255).byte()
    return ImageSet(
        "greys",
        pictures,
        (greys >= 120).long(),
        NAMES,
        torch.arange(0, len(greys), 2),
        "CC0",
        "made here",
    )


def _found(border: float, incumbent: Contender[ProductClassifier] | None = None) -> Findings:
    return evaluate(
        Contender(_Reads(border), NAMES),
        _images(),
        incumbent=incumbent,
        teach=_nobody,
        device=CPU,
    )


def test_accuracy_is_the_share_of_right_answers_in_all_and_in_each_category():
    found = _found(border=60 / 255)

    assert found.measure == "accuracy"
    assert found.pictures == 60
    assert found.value == pytest.approx(0.75, abs=0.03)
    assert found.scores["accuracy"] == found.value
    assert found.categories["dark"].value == pytest.approx(0.5, abs=0.05)
    assert found.categories["light"].value == 1.0
    assert 0 <= found.scores["calibration_error"] <= 1


def test_it_must_beat_the_nearest_mean_picture_and_what_serves():
    better, worse = 120 / 255, 60 / 255

    found = _found(better, incumbent=Contender(_Reads(worse), NAMES))
    other = _found(worse, incumbent=Contender(_Reads(better), NAMES))

    assert found.beats_incumbent
    assert other.beats_incumbent is False
    assert other.fallen == ("dark",)
    assert found.over_baseline.other > 0.9  # the nearest mean is right nearly always
    assert not found.beats_baseline


def test_one_that_reads_other_pictures_is_not_compared():
    colour = Contender(_Reads(0.5, channels=3), NAMES)
    strangers = Contender(_Reads(0.5, names=("hat", "shoe")), ("hat", "shoe"))

    assert "3 channels" in (_found(0.5, incumbent=colour).unlike or "")
    assert "none of these categories" in (_found(0.5, incumbent=strangers).unlike or "")


def test_categories_in_another_order_are_the_same_categories():
    turned = ("light", "dark")

    found = _found(0.5, incumbent=Contender(_Reads(0.5, names=turned), turned))

    assert found.over_incumbent is not None
    assert found.over_incumbent.ahead == 0.0
