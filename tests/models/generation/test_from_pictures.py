"""Reconstruct, vary, interpolate: what the VAE makes of pictures it is given."""

import pytest
import torch

from models.generation.interpolate import interpolate
from models.generation.reconstruct import reconstruct
from models.generation.vary import vary

KIND = {"categories": 3, "size": 28, "channels": 1}


def grey_encode(image, label):
    """A code that an exact decoder could invert, if it is told the right category."""
    mean = image.mean((1, 2, 3))[:, None] + label[:, None]
    return mean, torch.zeros_like(mean)


def grey_decode(z, label):
    wrong = (label != 1)[:, None] * 0.3
    return (z - label[:, None] + wrong)[:, :, None, None].expand(-1, 1, 28, 28)


def grey_prior(noise, label):
    return 5 + 0.1 * noise


DOORS = {"encode": grey_encode, "decode": grey_decode}


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (7, 90), (300, 200)])
def test_a_picture_of_any_size_is_reconstructed_beside_its_reference(vae, shape):
    image = torch.rand(1, 3, *shape)

    made = reconstruct(image, label=0, encode=vae.encode, decode=vae.decode, **KIND)

    assert made.images[0].shape == (1, 1, 28, 28)
    assert made.expected.shape == (1, 3, 28, 28)
    assert 0 <= made.images[0].min() <= made.images[0].max() <= 1


def test_without_a_category_the_closest_one_is_found():
    made = reconstruct(torch.full((1, 3, 28, 28), 0.25), label=None, **DOORS, **KIND)

    assert made.report["label"] == 1
    assert made.images[0].mean().item() == pytest.approx(0.25)


def test_a_category_that_is_told_is_believed():
    made = reconstruct(torch.full((1, 3, 28, 28), 0.25), label=2, **DOORS, **KIND)

    assert made.report["label"] == 2
    assert made.images[0].mean().item() == pytest.approx(0.55)


def test_colour_that_is_given_up_is_told():
    red = torch.zeros(1, 3, 28, 28)
    red[:, 0] = 1.0

    made = reconstruct(red, label=1, **DOORS, **KIND)

    assert made.report["converted"] == "grey"
    assert made.expected.mean().item() == pytest.approx(0.299)


def test_a_grey_picture_loses_nothing():
    made = reconstruct(torch.full((1, 3, 28, 28), 0.5), label=1, **DOORS, **KIND)

    assert made.report["converted"] is None


def test_variants_are_the_same_for_the_same_seed_and_differ_among_themselves(vae):
    asked = {"label": 0, "n": 4, "sigma": 1.0, "z_dim": 8, **KIND}
    doors = {"encode": vae.encode, "decode": vae.decode, "prior": vae.prior}
    image = torch.rand(1, 3, 28, 28)

    one, same = (vary(image, seed=3, **asked, **doors) for _ in range(2))
    other = vary(image, seed=4, **asked, **doors)

    assert len(one.images) == 4
    assert torch.equal(torch.cat(one.images), torch.cat(same.images))
    assert not torch.equal(torch.cat(one.images), torch.cat(other.images))
    assert not torch.equal(one.images[0], one.images[1])


def test_variants_at_no_distance_are_the_reconstruction():
    image = torch.full((1, 3, 28, 28), 0.25)
    asked = {"label": 1, "n": 3, "seed": 0, "z_dim": 1, **KIND}

    made = vary(image, sigma=0.0, prior=grey_prior, **asked, **DOORS)

    for variant in made.images:
        torch.testing.assert_close(variant, torch.full((1, 1, 28, 28), 0.25))


def test_steps_are_as_long_as_the_category_is_wide():
    image = torch.full((1, 3, 28, 28), 0.5)
    asked = {"label": 1, "n": 500, "seed": 0, "z_dim": 1, **KIND}

    made = vary(image, sigma=0.5, prior=grey_prior, **asked, **DOORS)

    greys = torch.cat(made.images)[:, 0, 0, 0]
    assert greys.std().item() == pytest.approx(0.05, rel=0.1)


def test_the_way_begins_and_ends_at_the_reconstructions():
    dark, light = torch.full((1, 3, 28, 28), 0.2), torch.full((1, 3, 28, 28), 0.8)

    made = interpolate(dark, light, label=1, steps=4, **DOORS, **KIND)

    greys = [image.mean().item() for image in made.images]
    assert greys == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_two_categories_are_mixed_along_the_way(vae):
    doors = {"encode": vae.encode, "decode": vae.decode}
    pictures = [torch.rand(1, 3, 28, 28) for _ in range(2)]

    made = interpolate(*pictures, label=None, steps=5, **doors, **KIND)

    for image, at in zip(pictures, (0, -1), strict=True):
        alone = reconstruct(image, label=None, **doors, **KIND)
        torch.testing.assert_close(made.images[at], alone.images[0])
