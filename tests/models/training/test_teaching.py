"""Judges are taught from a shop's own pictures, always the same way."""

import torch
from torch.nn import functional

from models.data.image_set import Part
from models.evaluation.cas import accuracy
from models.evaluation.judge import seen
from models.training.teaching import Teacher
from tests.shelf import CATEGORIES
from tests.shelf import drawn as shelf

CPU = torch.device("cpu")


def _large(part: Part) -> Part:
    images = functional.interpolate(part.images.float(), size=28, mode="nearest")
    return Part(images.byte(), part.labels)


def test_a_judge_tells_categories_apart_that_it_was_taught():
    judge = Teacher(CATEGORIES, CPU)(_large(shelf(24, seed=0)))

    found = accuracy(judge.logits, _large(shelf(24, seed=1)), categories=CATEGORIES)

    assert found.pooled > 0.8


def test_the_same_pictures_give_the_same_judge_under_the_same_name():
    part = _large(shelf(8, seed=0))

    one, other = Teacher(CATEGORIES, CPU)(part), Teacher(CATEGORIES, CPU)(part)

    assert one.name == other.name
    assert torch.equal(one.features(part.images / 255), other.features(part.images / 255))


def test_of_one_category_a_judge_learns_features_and_finds_it_always():
    part = shelf(24, seed=0)
    lit = torch.linspace(0.5, 1.5, 28)  # from above, so that turning makes a difference
    images = (_large(part).images * lit[:, None]).clamp(0, 255).byte()
    single = Part(images, torch.zeros(len(images), dtype=torch.int64))

    judge = Teacher(2, CPU)(single)
    turned = Part(torch.rot90(images, 1, dims=(2, 3)), single.labels)

    assert seen(judge, single).agreed.all()
    distance = (judge.features(images / 255) - judge.features(turned.images / 255)).norm(dim=1)
    among = torch.pdist(judge.features(images / 255)).mean()
    assert distance.mean() > among
