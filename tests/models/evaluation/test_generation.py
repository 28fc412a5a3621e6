"""A generator is measured by its samples: good ones serve, constant and copied ones do not."""

import pytest
import torch
from torch import Tensor

from models.data.image_set import ImageSet, Part
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.findings import Findings
from models.evaluation.judge import Judge
from models.failures import CannotDo
from models.networks.gan import GanConfig, Generator
from tests.shelf import CATEGORIES, features
from tests.shelf import drawn as shelf

CPU = torch.device("cpu")
NAMES = ("cup", "lamp", "chair")
EACH = 60


class _Draws(Generator):
    """Pictures like those on the shelf, as large as a generator's may be."""

    def __init__(self, pictures: Part, side: int = 32) -> None:
        super().__init__(GanConfig(CATEGORIES, channels=1, image_size=side, z_dim=4))
        self.pictures = pictures

    def generate(self, z: Tensor, label: Tensor) -> Tensor:
        rows = [
            self._row(float(noise), int(one)) for noise, one in zip(z[:, 0], label, strict=True)
        ]
        return torch.nn.functional.interpolate(self.pictures.images[rows] / 255, scale_factor=4.0)

    def _row(self, noise: float, label: int) -> int:
        own = (self.pictures.labels == label).nonzero().flatten()
        return int(own[int(abs(noise) * 1e4) % len(own)])


def _images() -> ImageSet:
    learnt, held_out = shelf(EACH, seed=0), shelf(EACH, seed=1)
    pictures = torch.cat([learnt.images, held_out.images]).repeat_interleave(4, 2)
    return ImageSet(
        "shelf",
        pictures.repeat_interleave(4, 3),
        torch.cat([learnt.labels, held_out.labels]),
        NAMES,
        torch.arange(len(learnt), 2 * len(learnt)),
        "CC0",
        "made here",
    )


def _teach(part: Part) -> Judge:
    """Sees looks; reads a picture by the nearest mean look of what it was taught."""
    small = features(part.images[..., ::4, ::4] / 255)
    means = torch.stack([small[part.labels == one].mean(0) for one in range(CATEGORIES)])
    return Judge(
        "shelf",
        lambda images: features(images[..., ::4, ::4]),
        lambda images: -torch.cdist(features(images[..., ::4, ::4]), means),
    )


def _contender(pictures: Part, names: tuple[str, ...] = NAMES) -> Contender[Generator]:
    return Contender(_Draws(pictures), names)


def _measured(pictures: Part, incumbent: Contender[Generator] | None = None) -> Findings:
    return evaluate(_contender(pictures), _images(), incumbent=incumbent, teach=_teach, device=CPU)


def _worse(pictures: Part) -> Part:
    return Part((pictures.images.float() * 0.8).byte(), pictures.labels)


def test_good_samples_are_as_near_as_real_pictures_and_read_as_well():
    found = _measured(shelf(EACH, seed=2))

    assert found.measure == "kernel_distance"
    assert abs(found.value) < 0.01
    assert found.pictures == CATEGORIES * EACH
    assert found.faults == ()
    assert found.scores["cas"] == pytest.approx(found.scores["cas_real"], abs=0.05)
    assert found.scores["class_agreement"] > 0.95
    assert set(found.categories) == set(NAMES)
    assert found.ms_per_picture is not None


def test_the_better_generator_is_ahead_of_the_worse_and_not_the_other_way():
    good, poor = shelf(EACH, seed=2), _worse(shelf(EACH, seed=3))

    better = _measured(good, incumbent=_contender(poor))
    worse = _measured(poor, incumbent=_contender(good))

    assert better.beats_incumbent
    assert better.value < worse.value
    assert worse.beats_incumbent is False
    assert set(worse.fallen) == set(NAMES)
    assert better.fallen == ()


def test_a_constant_generator_is_told_as_collapsed():
    one_each = shelf(1, seed=2)

    found = _measured(one_each)

    assert not found.beats_baseline
    assert "spread" in "; ".join(found.faults)


def test_copies_of_training_pictures_are_told_as_copies():
    found = _measured(shelf(EACH, seed=0))

    assert any("copies" in one for one in found.faults)


def test_samples_of_the_wrong_category_are_far_from_the_pictures_of_it():
    good = shelf(EACH, seed=2)
    mixed = Part(good.images, (good.labels + 1) % CATEGORIES)

    found = _measured(mixed, incumbent=_contender(good))

    assert found.beats_incumbent is False
    assert found.scores["class_agreement"] < 0.5


def test_an_incumbent_of_another_size_is_not_compared():
    other: Contender[Generator] = Contender(_Draws(shelf(2, seed=2), side=28), NAMES)

    found = _measured(shelf(EACH, seed=2), incumbent=other)

    assert found.over_incumbent is None
    assert "for 28 pixels" in (found.unlike or "")


def test_an_incumbent_that_knows_fewer_categories_is_compared_in_those():
    fewer = shelf(EACH, seed=3)

    found = _measured(shelf(EACH, seed=2), incumbent=_contender(fewer, ("chair", "cup", "hat")))

    assert found.categories["lamp"].lead is None
    assert found.over_incumbent is not None
    assert found.over_incumbent.pictures == 2 * EACH


def test_one_held_out_picture_of_each_category_is_too_few():
    images = _images()
    few = torch.tensor([180, 240, 300])
    kept = torch.cat([torch.arange(180), few])
    small = ImageSet(
        "few",
        images.images[kept],
        images.labels[kept],
        NAMES,
        torch.arange(180, 183),
        "CC0",
        "made here",
    )

    with pytest.raises(CannotDo) as caught:
        evaluate(_contender(shelf(EACH, seed=2)), small, incumbent=None, teach=_teach, device=CPU)

    assert caught.value.code == "too_few_held_out"
