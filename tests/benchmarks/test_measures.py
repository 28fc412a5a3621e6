"""The numbers in the cards are measured by what these tests can trust."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator, nn

from benchmarks import categories, classifier, denoising, fashion
from models.data.image_set import Part
from models.networks.classifier import ClassifierConfig, ProductClassifier


class Untouched(nn.Module):
    """A denoiser that does nothing."""

    def denoise(self, x, _sigma):
        return x


@pytest.fixture
def pictures(tmp_path):
    ramp = np.linspace(80, 180, 60, dtype=np.uint8)
    for name, shape in (("BSD68", (60, 60)), ("CBSD68", (60, 60, 3))):
        (tmp_path / name).mkdir()
        pixels = np.broadcast_to(ramp.reshape(60, 1, *[1] * (len(shape) - 2)), shape)
        Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / name / "one.png")
    return tmp_path


@pytest.fixture
def doors(monkeypatch):
    monkeypatch.setattr("models.calling.doors", lambda module: {"denoise": module.denoise})


def test_doing_nothing_scores_as_the_noise_alone(pictures, doors):
    scores, baseline = denoising.noise_scores(Untouched(), pictures)

    # 20 · log10(255 / sigma), where little leaves the range and is clipped.
    for name in ("bsd68", "cbsd68"):
        assert scores[f"{name}_sigma15_psnr_db"] == pytest.approx(24.61, abs=0.3)
        assert scores[f"{name}_sigma25_psnr_db"] == pytest.approx(20.17, abs=0.3)
        assert baseline[f"{name}_sigma25_nlm_psnr_db"] > 24


def test_a_set_that_is_not_at_hand_is_not_measured(tmp_path, doors):
    scores, baseline = denoising.noise_scores(Untouched(), tmp_path)

    assert set(scores.values()) | set(baseline.values()) == {None}


def test_a_classifier_learns_what_can_be_told_apart():
    labels = torch.arange(512) % 2
    images = (torch.rand(512, 1, 28, 28, generator=chance()) * 100).byte()
    images[labels == 1, :, :14] += 100

    network = classifier.taught(images, labels, categories=2, seed=0)

    assert classifier.accuracy(network, images, labels) > 0.95


def test_equal_pictures_are_at_no_distance_and_others_are_not():
    judge = classifier.Classifier(10).eval()
    dark = Part(torch.rand(300, 1, 28, 28, generator=chance()) / 2, torch.arange(300) % 10)
    light = Part(1 - dark.images, dark.labels)

    assert fashion._frechet(judge, dark, dark) == pytest.approx(0, abs=1e-3)
    assert fashion._frechet(judge, dark, light) > 0.1


@pytest.mark.parametrize("baseline", [categories.nearest_mean, categories.hog_logistic])
def test_a_baseline_names_what_can_be_told_apart_and_guesses_what_cannot(baseline):
    labels = torch.arange(400) % 2
    noise = (torch.rand(400, 1, 28, 28, generator=chance()) * 60).byte()
    striped = noise.clone()
    striped[labels == 1, :, ::4] += 150

    told, guessed = (
        baseline(Part(images[:200], labels[:200]), Part(images[200:], labels[200:]))
        for images in (striped, noise)
    )

    assert told > 0.98
    assert 0.35 < guessed < 0.65


def test_a_classifier_is_scored_on_test_pictures_as_it_is_served(monkeypatch):
    labels = torch.arange(500) % 10
    images = (labels * 20)[:, None, None, None].expand(-1, 1, 28, 28).byte()
    part = Part(images, labels)
    monkeypatch.setattr(categories, "_learning", lambda: part)
    monkeypatch.setattr("models.data.fashion_mnist.read_test", lambda: (images, labels))

    scores, baseline = categories.category_scores(Knowing(ClassifierConfig(10)), Path())

    assert scores["test_accuracy"] == scores["test_balanced_accuracy"] == 0.9  # all but the bags
    assert scores["test_calibration_error"] == pytest.approx(0.1, abs=1e-3)
    assert baseline["test_untempered_calibration_error"] > 0.2
    assert baseline["test_nearest_mean_accuracy"] == 1.0


class Knowing(ProductClassifier):
    """Reads the category from how light a picture is; is sure once its temperature is counted."""

    def __init__(self, config):
        super().__init__(config)
        self.temperature.fill_(0.1)

    def forward(self, image):
        found = (image.mean((1, 2, 3)) * 255 / 20).round().long()
        return 2 * torch.eye(10)[torch.where(found == 8, 7, found)]


def chance() -> Generator:
    return Generator().manual_seed(0)
