"""Sampling: the asked number, of the asked category, the same for the same seed."""

import pytest
import torch

from models.generation.sample import sample
from models.networks.gan import GanConfig, Generator

ASKED = {"n": 6, "label": None, "categories": 3, "z_dim": 64, "truncation": 1.0, "seed": 5}


def picture_of_its_label(z, label):
    """Each category one grey; the noise is the picture's texture."""
    return label[:, None, None, None] / 10 + 0.05 * z[:, :1, None, None].expand(-1, 1, 16, 16)


def test_the_asked_number_of_pictures_comes_out_in_range():
    made = sample(Generator(GanConfig(3)).eval(), **ASKED)

    assert [image.shape for image in made.images] == [(1, 1, 28, 28)] * 6
    assert min(image.min() for image in made.images) >= 0
    assert max(image.max() for image in made.images) <= 1
    assert made.expected is None


def test_without_a_category_all_take_turns():
    seen = []
    sample(lambda z, label: seen.extend(label.tolist()) or z[:, :, None, None], **ASKED)

    assert seen == [0, 1, 2, 0, 1, 2]


def test_a_category_is_kept_to():
    seen = []
    asked = ASKED | {"label": 2}
    sample(lambda z, label: seen.extend(label.tolist()) or z[:, :, None, None], **asked)

    assert seen == [2] * 6


def test_the_same_seed_draws_the_same_pictures_and_another_one_others():
    one, same = sample(picture_of_its_label, **ASKED), sample(picture_of_its_label, **ASKED)
    other = sample(picture_of_its_label, **(ASKED | {"seed": 6}))

    assert torch.equal(torch.cat(one.images), torch.cat(same.images))
    assert not torch.equal(torch.cat(one.images), torch.cat(other.images))


def test_a_longer_row_begins_as_the_shorter_one():
    # Batched noise of one generator: a caller who asks for more keeps what it had.
    few, many = (
        sample(picture_of_its_label, **ASKED),
        sample(picture_of_its_label, **(ASKED | {"n": 9})),
    )

    assert torch.equal(torch.cat(few.images), torch.cat(many.images[:6]))


def test_truncation_draws_nearer_to_the_typical():
    noises = []
    for truncation in (1.0, 0.25):
        asked = ASKED | {"truncation": truncation}
        sample(lambda z, label: noises.append(z) or picture_of_its_label(z, label), **asked)

    torch.testing.assert_close(noises[1], noises[0] * 0.25)


def test_a_vae_draws_through_its_second_stage(vae):
    vae.prior_mean[:] = 3.0
    vae.prior_scale[:] = 0.0
    asked = ASKED | {"z_dim": 8, "label": 1}

    made = sample((vae.prior, vae.decode), **asked)

    expected = vae.decode(torch.full((1, 8), 3.0), torch.tensor([1]))
    for image in made.images:
        torch.testing.assert_close(image, expected)


def test_pictures_that_are_all_one_are_told_to_have_no_diversity():
    collapsed = sample(lambda z, _: torch.full((len(z), 1, 16, 16), 0.5), **ASKED)
    varied = sample(lambda z, _: torch.rand(len(z), 1, 16, 16), **ASKED)

    assert collapsed.report["diversity"] == pytest.approx(0, abs=1e-6)
    assert varied.report["diversity"] > 0.5


def test_one_picture_has_no_diversity_to_tell():
    made = sample(picture_of_its_label, **(ASKED | {"n": 1}))

    assert made.report["diversity"] is None
