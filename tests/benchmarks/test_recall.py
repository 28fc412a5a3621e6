"""What a card says of copies that were found is true of eyes whose answer is known."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks import recall
from models.networks.classifier import ClassifierConfig, ProductClassifier


@pytest.fixture
def pictures() -> Tensor:
    """Twelve of blocks of grey, each its own, uint8 [12, 1, 28, 28]."""
    blocks = torch.rand(12, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 200
    return functional.interpolate(blocks, size=28).to(torch.uint8)


def small(images: Tensor) -> Tensor:
    """The pictures themselves as four fields by four, each less its mean."""
    fields = functional.adaptive_avg_pool2d(images.mean(1, keepdim=True), 4).flatten(1)
    return functional.normalize(fields - fields.mean(1, keepdim=True), dim=1)


def test_what_sees_how_a_picture_is_built_finds_every_copy_first(pictures):
    assert set(recall.recalls(small, pictures).values()) == {1.0}


def test_to_whom_all_is_alike_finds_nothing_but_among_all(pictures):
    told = recall.recalls(lambda images: torch.ones(len(images), 4) / 2, pictures)

    assert told["copies_recall_at_1"] == told["copies_recall_at_10"] == 0


def test_what_sees_brightness_alone_loses_what_was_recoloured(pictures):
    """Pictures stand on a circle by their light: a fifth more is a neighbour's place."""

    def light(images: Tensor) -> Tensor:
        angle = images.mean((1, 2, 3)) * 3
        return torch.stack([angle.cos(), angle.sin()], dim=1)

    told = recall.recalls(light, pictures)

    assert told["reencoded_recall_at_1"] > told["recoloured_recall_at_1"]
    assert told["copies_recall_at_1"] < told["copies_recall_at_5"] < told["copies_recall_at_10"]


def test_a_classifier_is_measured_beside_structure_among_all_its_pictures(pictures, monkeypatch):
    monkeypatch.setattr(recall, "COPIED", 5)
    monkeypatch.setattr(recall.fashion_mnist, "read_test", lambda: (pictures, None))
    torch.manual_seed(0)

    scores, baseline = recall.garment_scores(ProductClassifier(ClassifierConfig(10)).eval(), Path())

    assert scores.pop("copies_among") == 12
    assert scores.keys() == baseline.keys()
    assert baseline["copies_recall_at_1"] == 1
