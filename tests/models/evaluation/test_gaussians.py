"""What draws without a network has the mean and the variance of what it was fitted to."""

import torch

from models.data.image_set import Part
from models.evaluation import gaussians
from tests.shelf import CATEGORIES, drawn


def test_samples_have_the_mean_and_the_spread_of_their_category():
    part = drawn(300, seed=0)
    linear = gaussians.fit(part, categories=CATEGORIES, count=8)

    samples = linear.drawn(part.labels, seed=1)

    assert samples.shape == part.images.shape
    assert samples.dtype == torch.uint8
    for label in range(CATEGORIES):
        mine = part.labels == label
        real, made = part.images[mine].float(), samples[mine].float()
        assert (real.mean(0) - made.mean(0)).abs().mean() < 2
        ratio = made.std(0).mean() / real.std(0).mean()
        assert 0.8 < ratio < 1.2


def test_the_same_seed_draws_the_same():
    part = drawn(20, seed=0)
    linear = gaussians.fit(part, categories=CATEGORIES)

    assert torch.equal(linear.drawn(part.labels, seed=1), linear.drawn(part.labels, seed=1))
    assert not torch.equal(linear.drawn(part.labels, seed=1), linear.drawn(part.labels, seed=2))


def test_a_category_with_one_picture_is_drawn_as_it_is_and_one_without_as_the_mean():
    part = drawn(6, seed=0)
    kept = torch.tensor([0, 1, 2, 6])
    few = Part(part.images[kept], part.labels[kept])
    linear = gaussians.fit(few, categories=CATEGORIES, count=3)

    alone, missing = linear.drawn(torch.tensor([1, 2]), seed=1).float()

    assert (alone - part.images[6].float()).abs().mean() < 6
    assert (missing - few.images.float().mean(0)).abs().max() <= 1
