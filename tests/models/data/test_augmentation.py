"""Augmentation: seeded, in range, and off unless asked for."""

import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from models.data.augmentation import Augment, Jitter, augmented

BILINEAR = InterpolationMode.BILINEAR
ALL = Augment(rotate_deg=20, flip=True, crop=0.1, scale=0.2)


def pictures(count: int = 6) -> torch.Tensor:
    images = torch.zeros(count, 1, 28, 28)
    images[..., 8:20, 4:20] = torch.rand(count, 1, 12, 16)
    return images


def test_nothing_asked_for_is_nothing_done():
    images = pictures()

    assert augmented(images, Augment(), seed=1) is images


@pytest.mark.parametrize(
    "augment",
    [Augment(rotate_deg=20), Augment(flip=True), Augment(crop=0.1), Augment(scale=0.3), ALL],
)
def test_each_kind_changes_pictures_and_keeps_shape_and_range(augment):
    images = pictures()

    changed = augmented(images, augment, seed=1)

    assert changed.shape == images.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert not torch.equal(changed, images)


def test_the_same_seed_gives_the_same_pictures_and_another_one_others():
    images = pictures()

    first = augmented(images, ALL, seed=1)

    assert torch.equal(augmented(images, ALL, seed=1), first)
    assert not torch.equal(augmented(images, ALL, seed=2), first)


def test_every_picture_has_chances_of_its_own():
    image = pictures(1)

    changed = augmented(image.expand(8, -1, -1, -1), Augment(rotate_deg=45), seed=1)

    assert len({tuple(one.flatten().tolist()) for one in changed}) == 8


def test_nobody_elses_chance_is_disturbed():
    images = pictures()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)

    augmented(images, ALL, seed=1)

    assert torch.equal(torch.rand(3), expected)


def test_a_light_ground_stays_light():
    images = 1 - pictures()

    turned = augmented(images, Augment(rotate_deg=45), seed=3)

    assert turned[..., 0, 0].min() > 0.99


def test_light_changes_colours_and_not_where_things_are():
    images = pictures().expand(-1, 3, -1, -1) * torch.tensor([1, 0.5, 0.2]).view(1, 3, 1, 1)

    lit = augmented(images, Augment(jitter=Jitter(0.4, 0.4, 0.4, 0.2)), seed=1)

    assert lit.shape == images.shape
    assert 0 <= lit.min() <= lit.max() <= 1
    outside = lit[..., 0, 0]
    assert not torch.equal(lit, images)
    torch.testing.assert_close(lit[..., 27, 27], outside)


@pytest.mark.parametrize("wrong", [{"hue": 0.6}, {"brightness": -0.1}])
def test_impossible_light_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Jitter(**wrong)


@pytest.mark.parametrize("wrong", [{"rotate_deg": -1}, {"crop": 0.6}, {"scale": 1.0}])
def test_an_impossible_wish_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Augment(**wrong)


def test_a_shift_alone_leaves_pictures_sharp():
    images = pictures(40).round()

    shifted = augmented(images, Augment(crop=0.1), seed=1)

    torch.testing.assert_close(shifted, shifted.round())
    assert len({tuple(one.round().flatten().tolist()) for one in shifted}) > 10


def test_a_turn_is_by_the_angle_that_torchvision_turns_by():
    images = torch.zeros(200, 1, 33, 33)
    images[..., 14:19, 4:29] = 1.0

    turned = augmented(images, Augment(rotate_deg=90), seed=1)

    angles = [functional.rotate(images[0], angle, BILINEAR) for angle in range(-90, 91)]
    off = torch.stack([(turned - one).abs().mean((1, 2, 3)) for one in angles]).min(0).values
    assert off.max() < 0.02


def test_wide_pictures_turn_without_being_sheared():
    images = torch.zeros(64, 1, 32, 64)
    images[..., 12:20, 28:36] = 1.0

    turned = augmented(images, Augment(rotate_deg=45), seed=1)

    assert (turned.sum((1, 2, 3)) / 64 - 1).abs().max() < 0.05
