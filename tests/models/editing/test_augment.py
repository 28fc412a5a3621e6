"""Variants of a picture: drawn by a seed, told so that each can be made again, in range."""

import colorsys
from dataclasses import fields

import pytest
import torch

from models.data.augmentation import Augment, Jitter
from models.editing.augment import Transform, applied, augment

ALL = Augment(rotate_deg=30, flip=True, crop=0.1, scale=0.2, jitter=Jitter(0.4, 0.3, 0.5, 0.2))


def picture(height: int = 40, width: int = 30) -> torch.Tensor:
    chance = torch.Generator().manual_seed(0)
    return torch.rand(1, 3, height, width, generator=chance)


def told(details) -> Transform:
    return Transform(**{one.name: details[one.name] for one in fields(Transform)})


def test_each_variant_can_be_made_again_from_what_is_told_of_it():
    image = picture()

    made = augment(image, ALL, n=4, seed=5, alpha=None)

    assert len(made.images) == len(made.details) == 4
    for one, details in zip(made.images, made.details, strict=True):
        assert one.shape == image.shape
        assert 0 <= one.min() <= one.max() <= 1
        assert torch.equal(applied(image, told(details)), one)
    assert len({tuple(sorted(map(str, one.items()))) for one in made.details}) == 4


def test_a_seed_draws_the_same_whatever_the_number():
    image = picture()

    few, many = (augment(image, ALL, n=n, seed=5, alpha=None).images for n in (2, 6))
    other = augment(image, ALL, n=2, seed=6, alpha=None).images

    assert all(torch.equal(a, b) for a, b in zip(few, many, strict=False))
    assert not torch.equal(few[0], other[0])


def test_nothing_asked_for_is_nothing_done():
    image = picture()

    (one,) = augment(image, Augment(), n=1, seed=0, alpha=None).images

    torch.testing.assert_close(one, image, atol=1e-6, rtol=0)


def test_draws_keep_within_what_was_asked_for_and_use_all_of_it():
    drawn = [told(one) for one in augment(picture(), ALL, n=200, seed=1, alpha=None).details]

    for name, middle, span in (
        ("angle_deg", 0, 30), ("scale", 1, 0.2), ("right_px", 0, 3), ("down_px", 0, 4),
        ("brightness", 1, 0.4), ("contrast", 1, 0.3), ("saturation", 1, 0.5), ("hue", 0, 0.2),
    ):  # fmt: skip
        far = [getattr(one, name) - middle for one in drawn]
        assert max(map(abs, far)) <= span + 1e-6
        assert max(far) > 0.8 * span
        assert min(far) < -0.8 * span
    assert 60 < sum(one.mirrored for one in drawn) < 140


@pytest.mark.parametrize(
    "given",
    [
        Transform(angle_deg=90),
        Transform(right_px=5, down_px=-3),
        Transform(mirrored=True),
        Transform(angle_deg=30, scale=1.5, right_px=2, mirrored=True),
    ],
)
def test_the_placement_says_where_a_point_went(given):
    image = torch.zeros(1, 3, 41, 41)
    x, y = 26, 14
    image[..., y - 1 : y + 2, x - 1 : x + 2] = 1
    a, b, c, d, e, f = given.placement(41, 41)

    moved = applied(image, given)[0, 0]

    rows, columns = torch.meshgrid(torch.arange(41.0), torch.arange(41.0), indexing="ij")
    found = [(moved * at).sum().item() / moved.sum().item() for at in (columns, rows)]
    assert found == pytest.approx([a * x + b * y + c, d * x + e * y + f], abs=0.1)


def test_transparency_is_carried_along_and_nothing_bleeds():
    alpha = torch.zeros(1, 1, 32, 32)
    alpha[..., 8:24, 8:24] = 1
    red = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1)
    image = red * alpha + (1 - alpha)

    (one,) = augment(image, Augment(rotate_deg=45), n=1, seed=3, alpha=alpha).images

    colours, covered = one[:, :3], one[:, 3:]
    assert one.shape == (1, 4, 32, 32)
    assert covered[..., 0, 0].item() == 0
    assert covered.sum().item() == pytest.approx(256, rel=0.02)
    solid = (covered > 0.1).expand(-1, 3, -1, -1)
    torch.testing.assert_close(colours[solid], red.expand(-1, -1, 32, 32)[solid], atol=1e-3, rtol=0)


def test_what_comes_in_from_outside_has_the_borders_colour():
    image = torch.full((1, 3, 20, 20), 0.7)
    image[..., 8:12, 8:12] = 0.1

    moved = applied(image, Transform(angle_deg=45, right_px=4))

    assert moved[..., 0, 0].tolist() == [pytest.approx([0.7] * 3)]
    assert moved[..., 10, 0].tolist() == [pytest.approx([0.7] * 3)]


def test_colours_change_as_their_factors_say():
    rgb = (0.6, 0.3, 0.2)
    image = torch.tensor(rgb).view(1, 3, 1, 1).expand(-1, -1, 4, 4)

    bright = applied(image, Transform(brightness=1.5))
    turned = applied(image, Transform(hue=0.25))

    assert bright[0, :, 0, 0].tolist() == pytest.approx([0.9, 0.45, 0.3])
    hue, saturation, value = colorsys.rgb_to_hsv(*rgb)
    expected = colorsys.hsv_to_rgb((hue + 0.25) % 1, saturation, value)
    assert turned[0, :, 0, 0].tolist() == pytest.approx(expected, abs=0.01)
