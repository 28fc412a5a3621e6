"""Pictures to train on: split, fitted, told apart."""

from dataclasses import replace

import pytest
import torch

from models.data.image_set import ImageSet, fitted


def image_set(validation, count: int = 10) -> ImageSet:
    images = torch.arange(count, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 4, 4)
    return ImageSet("set", images, torch.arange(count), ("a",) * count, validation, "CC0", "made")


@pytest.mark.parametrize(
    "validation", [torch.tensor([2, 5]), torch.tensor([i in (2, 5) for i in range(10)])]
)
def test_no_picture_is_in_both_parts(validation):
    learning, held_out = image_set(validation).split()

    assert held_out.labels.tolist() == [2, 5]
    assert learning.labels.tolist() == [0, 1, 3, 4, 6, 7, 8, 9]
    assert held_out.images[:, 0, 0, 0].tolist() == [2, 5]


def test_a_set_without_validation_learns_from_everything():
    learning, held_out = image_set(torch.arange(0)).split()

    assert (len(learning), len(held_out)) == (10, 0)


def test_the_digest_tells_pictures_and_labels_apart():
    one = image_set(torch.arange(0))
    other = ImageSet("set", one.images, one.labels.flip(0), one.categories, one.validation, "", "")

    assert one.digest() == image_set(torch.arange(3)).digest()
    assert one.digest() != other.digest()


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (torch.zeros(2, 1, 4, 4), torch.zeros(2)),
        (torch.zeros(2, 4, 4, dtype=torch.uint8), torch.zeros(2)),
        (torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.zeros(3)),
    ],
)
def test_what_is_no_image_set_is_refused(images, labels):
    with pytest.raises(ValueError, match="expected"):
        ImageSet("set", images, labels, ("a",), torch.arange(0), "", "")


@pytest.mark.parametrize("height", [1, 5, 28, 90])
@pytest.mark.parametrize("width", [1, 40])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_picture_fits_any_network(height, width, channels):
    image = fitted(torch.rand(1, 3, height, width), size=28, channels=channels)

    assert image.shape == (1, channels, 28, 28)
    assert image.min() >= 0
    assert image.max() <= 1


def test_a_picture_of_the_right_kind_is_left_as_it_is():
    image = torch.rand(1, 1, 28, 28)

    assert torch.equal(fitted(image, size=28, channels=1), image)


def test_a_tall_picture_gets_sides_of_its_borders_colour():
    image = torch.full((1, 3, 32, 16), 0.25)
    image[..., 8:24, 4:12] = 1.0

    square = fitted(image, size=32, channels=3)

    assert torch.equal(square[..., :8], torch.full((1, 3, 32, 8), 0.25))
    assert square[..., 16, 16].tolist() == [[1.0, 1.0, 1.0]]


def test_colour_becomes_grey_by_its_luma():
    green = torch.zeros(1, 3, 28, 28)
    green[:, 1] = 1.0

    assert fitted(green, size=28, channels=1).mean().item() == pytest.approx(0.587)


def test_of_what_is_held_out_only_what_people_rated_is_measured_on() -> None:
    images = torch.arange(6, dtype=torch.uint8).reshape(6, 1, 1, 1).expand(-1, 1, 2, 2)
    labels, validation = torch.arange(6), torch.tensor([0, 1, 2])
    rated = torch.tensor([False, True, False, True, False, False])
    whole = ImageSet("set", images, labels, ("a",) * 6, validation, "CC0", "made", rated)

    found = whole.held_out_rated()

    assert found is not None
    learning, held_out = found.split()
    assert learning.labels.tolist() == [3, 4, 5]
    assert held_out.labels.tolist() == [1]
    assert whole.split()[1].labels.tolist() == [0, 1, 2]


def test_where_nothing_held_out_was_rated_there_is_nothing_to_measure_on() -> None:
    images, labels = torch.zeros(3, 1, 2, 2, dtype=torch.uint8), torch.arange(3)
    rated = torch.tensor([False, False, True])
    whole = ImageSet("set", images, labels, ("a",) * 3, torch.tensor([0]), "CC0", "made", rated)

    assert whole.held_out_rated() is None
    assert replace(whole, rated=None).held_out_rated() is None
