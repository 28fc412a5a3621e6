"""Who learnt from good samples reads real pictures; who learnt from bad ones does not."""

import pytest
import torch

from models.data.image_set import Part
from models.evaluation.cas import accuracy, cas
from models.evaluation.judge import Judge
from tests.shelf import CATEGORIES, drawn, features, logits

EACH = 60


def nearest_mean(part: Part) -> Judge:
    """A classifier that knows each category by the mean look of its pictures."""
    looks = features(part.images / 255)
    means = torch.stack([looks[part.labels == one].mean(0) for one in range(CATEGORIES)])
    return Judge("mean", features, lambda shown: -torch.cdist(features(shown), means))


def measured(samples: Part):
    training, test = drawn(EACH, seed=0), drawn(EACH, seed=1)
    return cas(training, test, samples, teach=nearest_mean, categories=CATEGORIES)


def test_samples_of_the_same_kind_teach_as_much_as_real_pictures():
    found = measured(drawn(EACH, seed=2))

    assert found.floor.pooled > 0.95
    assert found.samples.pooled == pytest.approx(found.floor.pooled, abs=0.02)


def test_wrong_labels_teach_what_is_wrong():
    samples = drawn(EACH, seed=2)

    found = measured(Part(samples.images, (samples.labels + 1) % CATEGORIES))

    assert found.samples.pooled < 0.4
    assert found.floor.pooled > 0.95


def test_a_category_that_is_drawn_as_another_is_read_no_longer():
    samples = drawn(EACH, seed=2)
    samples.images[2 * EACH :] = 0

    found = measured(samples)

    assert found.samples.categories[2] < 0.1
    assert min(found.samples.categories[:2]) > 0.9
    assert min(found.floor.categories) > 0.9


def test_both_learn_from_as_many_pictures():
    seen: list[tuple[int, list[int]]] = []

    def counted(part: Part) -> Judge:
        seen.append((len(part), part.labels.bincount().tolist()))
        return nearest_mean(part)

    training, test, samples = drawn(EACH, seed=0), drawn(9, seed=1), drawn(EACH // 2, seed=2)
    cas(training, test, samples, teach=counted, categories=CATEGORIES)

    assert seen == [(90, [30, 30, 30])] * 2


def test_accuracy_is_a_share_of_all_and_of_each_category():
    labels = torch.tensor([0, 0, 1, 1, 1])
    greys = torch.tensor([60, 180, 120, 120, 180])
    test = Part(greys.view(-1, 1, 1, 1).expand(-1, 1, 8, 8).byte(), labels)

    found = accuracy(logits, test, categories=CATEGORIES)

    assert found.pooled == pytest.approx(3 / 5)
    assert found.categories == (pytest.approx(1 / 2), pytest.approx(2 / 3), None)
