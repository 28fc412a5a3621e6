"""Each picture's own category is asked for, in the order of the pictures."""

import torch
from torch import Tensor

from models.recognition.agree import Told, told_of

CATEGORIES = ("bag", "boot", "coat")


def by_brightness(images: Tensor) -> Tensor:
    """A network that is 0.7 sure of what the brightness says: dark, middle or bright."""
    found = (images.mean((1, 2, 3)) * 2).round().long()
    return torch.full((len(images), 3), 0.15).scatter(1, found[:, None], 0.7)


def test_of_each_picture_its_own_category_and_the_likeliest_are_told():
    grey = torch.tensor([0.0, 0.5, 1.0])[:, None, None, None].expand(3, 3, 40, 40)

    told = told_of(
        grey, ("bag", "coat", "coat"), categories=CATEGORIES, classify=by_brightness, size=28,
        channels=1,
    )  # fmt: skip

    assert told == [Told(0.7, "bag"), Told(0.15, "boot"), Told(0.7, "coat")]


def test_all_pictures_are_asked_of_in_one_call_as_small_as_the_network_reads():
    shapes: list[tuple[int, ...]] = []

    def asked(images: Tensor) -> Tensor:
        shapes.append(tuple(images.shape))
        return by_brightness(images)

    told_of(
        torch.rand(5, 3, 64, 64), ("bag",) * 5, categories=CATEGORIES, classify=asked, size=28,
        channels=1,
    )  # fmt: skip

    assert shapes == [(5, 1, 28, 28)]
