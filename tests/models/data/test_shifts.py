"""Shifts: by whole pixels, no further than asked for, with the border repeated."""

import torch
from torch import Generator
from torch.nn import functional

from models.data.shifts import shifted


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_every_picture_is_one_of_the_windows_of_its_padded_self():
    images = torch.rand(200, 3, 6, 8)
    padded = functional.pad(images, (2, 2, 2, 2), mode="replicate")

    moved = shifted(images, chance(), most=2)

    assert moved.shape == images.shape
    places = {found for one, whole in zip(moved, padded, strict=True) for found in at(one, whole)}
    assert places == {(top, left) for top in range(5) for left in range(5)}


def at(one, whole) -> list[tuple[int, int]]:
    found = [
        (top, left)
        for top in range(5)
        for left in range(5)
        if torch.equal(whole[:, top : top + 6, left : left + 8], one)
    ]
    assert len(found) == 1
    return found


def test_the_same_chance_moves_the_same_way():
    images = torch.rand(20, 1, 6, 6)

    first = shifted(images, chance(), most=2)

    assert torch.equal(shifted(images, chance(), most=2), first)
    assert not torch.equal(shifted(images, chance(1), most=2), first)
