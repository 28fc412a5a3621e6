"""What the discriminator sees is varied by chance that is given, and lets gradients through."""

import pytest
import torch

from models.data.diff_augment import EMPTY, KINDS, DiffAugment, drawn, varied


def images(count: int = 4, side: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def chance(count: int = 4, **given: float) -> torch.Tensor:
    """The middle of everything, which changes nothing, but for what is given."""
    numbers = torch.full((count, 8), 0.5)
    places = ("brightness", "saturation", "contrast", "row", "column", "cut_row", "cut_column", "p")
    for name, value in given.items():
        numbers[:, places.index(name)] = value
    return numbers


@pytest.mark.parametrize("kind", ["color", "translation"])
def test_the_middle_of_chance_changes_nothing(kind):
    seen = varied(images(), DiffAugment((kind,)), chance())

    torch.testing.assert_close(seen, images())


def test_nothing_is_varied_unless_kinds_are_named():
    given = images()

    assert varied(given, DiffAugment(), chance()) is given


def test_brightness_is_a_quarter_of_the_range_at_most():
    seen = varied(images(), DiffAugment(("color",)), chance(brightness=0.0))

    torch.testing.assert_close(seen, images() - 0.25)


def test_no_saturation_is_grey():
    seen = varied(images(), DiffAugment(("color",)), chance(saturation=0.0))

    torch.testing.assert_close(seen[:, 0], seen[:, 2])
    torch.testing.assert_close(seen.mean(1), images().mean(1))


def test_contrast_leaves_the_mean_where_it_is():
    seen = varied(images(), DiffAugment(("color",)), chance(contrast=1.0))

    torch.testing.assert_close(seen.mean((1, 2, 3)), images().mean((1, 2, 3)))
    torch.testing.assert_close(seen.std((1, 2, 3)), 1.5 * images().std((1, 2, 3)))


def test_a_picture_is_moved_by_an_eighth_at_most_and_leaves_nothing_behind():
    seen = varied(images(), DiffAugment(("translation",)), chance(row=0.999, column=0.0))

    assert torch.equal(seen[:, :, :14, 2:], images()[:, :, 2:, :14])
    assert (seen[:, :, 14:] == EMPTY).all()
    assert (seen[:, :, :, :2] == EMPTY).all()


def test_a_square_of_half_the_side_is_cut_out():
    seen = varied(images(), DiffAugment(("cutout",)), chance(cut_row=0.5, cut_column=0.5))

    hidden = (seen == EMPTY).all(1)
    assert hidden[0].sum() == 64
    assert hidden[0, 4:12, 4:12].all()
    assert torch.equal(seen[:, :, :4], images()[:, :, :4])


def test_only_some_pictures_are_varied():
    numbers = chance(brightness=0.0)
    numbers[:2, 7], numbers[2:, 7] = 0.1, 0.9

    seen = varied(images(), DiffAugment(("color",), p=0.5), numbers)

    assert torch.equal(seen[2:], images()[2:])
    assert not torch.equal(seen[:2], images()[:2])


def test_gradients_come_through():
    given = images().requires_grad_()

    varied(given, DiffAugment(KINDS), drawn(4, torch.Generator().manual_seed(0))).sum().backward()

    assert given.grad.abs().sum() > 0


def test_the_same_chance_varies_alike_whatever_else_is_in_the_batch():
    numbers = drawn(4, torch.Generator().manual_seed(0))

    whole = varied(images(), DiffAugment(KINDS), numbers)
    half = varied(images()[2:], DiffAugment(KINDS), numbers[2:])

    torch.testing.assert_close(whole[2:], half)


@pytest.mark.parametrize("wrong", [{"kinds": ("blur",)}, {"p": 1.5}, {"p": float("nan")}])
def test_unknown_kinds_and_impossible_chances_are_refused(wrong):
    with pytest.raises(ValueError, match="expected kinds"):
        DiffAugment(**wrong)
