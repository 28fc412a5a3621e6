"""New pictures are moved to what was liked, and away from what was not."""

import pytest
import torch

from models.generation.personalize import Opinions, personalize

KIND = {"categories": 1, "size": 28, "channels": 1, "z_dim": 2, "label": 0, "seed": 3}


def encode(image, label):
    """How bright, and how much brighter at the left."""
    left, right = image[..., :14].mean((1, 2, 3)), image[..., 14:].mean((1, 2, 3))
    return (torch.stack([left + right - 1, left - right], 1) * 2,)


def decode(z, label):
    left, right = (z[:, 0] + z[:, 1] + 2) / 4, (z[:, 0] - z[:, 1] + 2) / 4
    halves = [one[:, None, None, None].expand(-1, 1, 28, 14) for one in (left, right)]
    return torch.cat(halves, 3)


def prior(noise, label):
    return 0.3 * noise


DOORS = {"encode": encode, "decode": decode, "prior": prior}


def grey(level):
    return torch.full((1, 3, 28, 28), level)


def made(liked, disliked=(), *, n=8, strength=1.0, **said):
    known = Opinions([grey(one) for one in liked], [grey(one) for one in disliked])
    return personalize(known, n=n, strength=strength, **DOORS, **{**KIND, **said})


def brightness(found):
    return torch.cat(found.images).mean().item()


def test_opposite_tastes_get_opposite_pictures_of_the_same_draws():
    bright, dark = made([0.9], [0.1]), made([0.1], [0.9])
    unmoved = made([0.9], [0.1], strength=0.0)

    assert brightness(bright) > brightness(unmoved) > brightness(dark)
    assert [one.shape for one in bright.images] == [(1, 1, 28, 28)] * 8
    assert brightness(unmoved) == pytest.approx(brightness(made([0.1], [0.9], strength=0.0)))


def test_the_further_they_are_moved_the_more_is_expected_of_them():
    told = [made([0.9], [0.1], strength=strength).report for strength in (0.0, 1.0, 2.0)]

    assert told[0]["expected"] == pytest.approx(told[0]["expected_before"], abs=1e-6)
    assert told[0]["expected"] < told[1]["expected"] < told[2]["expected"]
    assert {one["expected_before"] for one in told} == {told[0]["expected_before"]}


def test_what_was_liked_alone_is_enough_and_one_picture_may_be_asked_for():
    one = made([0.9], n=1)

    assert len(one.images) == 1
    assert one.report["diversity"] is None
    assert brightness(one) > brightness(made([0.9], n=1, strength=0.0))


def test_it_is_repeatable():
    first, second = made([0.9, 0.8], [0.1]), made([0.9, 0.8], [0.1])

    assert all(torch.equal(a, b) for a, b in zip(first.images, second.images, strict=True))
    assert first.report["liked"], first.report["disliked"] == (2, 1)


def test_what_tells_nothing_moves_nothing():
    middling = made([0.5])

    assert all(image.isfinite().all() for image in middling.images)
    assert brightness(middling) == pytest.approx(brightness(made([0.5], strength=0.0)), abs=0.02)


def test_a_real_network_draws_the_category_that_was_liked(vae):
    known = Opinions([torch.rand(1, 3, 40, 30)], [torch.rand(1, 3, 20, 20)])
    doors = {"encode": vae.encode, "decode": vae.decode, "prior": vae.prior}

    found = personalize(
        known, label=None, categories=3, n=3, strength=1.0, seed=0, z_dim=8, size=28, channels=1,
        **doors,
    )  # fmt: skip

    assert found.report["label"] in range(3)
    assert all(0 <= image.min() <= image.max() <= 1 for image in found.images)
