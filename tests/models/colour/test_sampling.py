"""A few of a picture's colours stand for all of them."""

import torch

from models.colour.sampling import colours_of


def test_of_a_small_picture_it_is_all():
    image = torch.rand(1, 3, 10, 12)

    assert torch.equal(colours_of(image), image[0].flatten(1))


def test_of_a_large_one_it_is_as_many_as_asked_at_most():
    image = torch.rand(1, 3, 300, 400)

    some = colours_of(image, most=1_000)

    assert 500 < some.shape[1] <= 1_000
    assert (some.mean() - image.mean()).abs() < 0.02


def test_only_what_counts_is_taken():
    image = torch.zeros(1, 3, 100, 100)
    image[..., 40:60, 40:60] = 1
    where = image[:, :1].clone()

    some = colours_of(image, where=where, most=50)

    assert 1 < some.shape[1] <= 50
    assert (some == 1).all()


def test_a_single_pixel_that_counts_is_found():
    image, where = torch.zeros(1, 3, 200, 200), torch.zeros(1, 1, 200, 200)
    image[..., 101, 77], where[..., 101, 77] = 1, 1

    assert torch.equal(colours_of(image, where=where, most=10), torch.ones(3, 1))
