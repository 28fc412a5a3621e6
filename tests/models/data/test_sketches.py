"""Sketches follow a picture's edges, as scikit-image's do, and by chance leave some out."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.feature import canny
from torch import Generator, Tensor

from models.data.sketches import WEAK, drawn, sketched, steady


def chance(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def discs(count: int = 4, side: int = 48) -> Tensor:
    """Discs of two greys, and a brighter one in each."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    far = ((y - side / 2) ** 2 + (x - side / 2 - 3) ** 2).sqrt()
    radius = torch.arange(count)[:, None, None] * 2.0 + side / 5
    return (1 - 0.6 * (far < radius) + 0.3 * (far < radius / 2))[:, None].float()


def test_lines_are_dark_on_paper_and_nothing_between():
    sketch = sketched(discs().expand(-1, 3, -1, -1), steady(4))

    assert sketch.shape == (4, 1, 48, 48)
    assert sketch.unique().tolist() == [0.0, 1.0]
    assert 0.02 < (1 - sketch).mean() < 0.2


def test_lines_lie_where_scikit_images_do():
    images = discs()

    sketch = sketched(images, steady(4))

    for image, lines in zip(images[:, 0].numpy(), (sketch[:, 0] == 0).numpy(), strict=True):
        smooth = ndimage.gaussian_filter(image, 1.0, mode="nearest")
        strong = 0.15 * np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1)).max()
        theirs = canny(image, low_threshold=WEAK * strong, high_threshold=strong, mode="nearest")
        assert lines[_near(theirs)].sum() > 0.97 * lines.sum()
        assert theirs[_near(lines)].sum() > 0.97 * theirs.sum()


def _near(lines: np.ndarray) -> np.ndarray:
    return ndimage.binary_dilation(lines, np.ones((3, 3)))


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_an_edge_of_any_colour_is_seen(channel: int):
    images = torch.full((1, 3, 24, 24), 0.5)
    images[:, channel, :, 12:] = 0.9

    sketch = sketched(images, steady(1))

    assert (sketch[0, 0] == 0).any(1).all()
    assert (sketch[0, 0] == 1).sum(1).min() >= 22


def test_blank_paper_stays_blank():
    rounding = torch.full((2, 3, 32, 32), 0.8) + torch.randint(2, (2, 3, 32, 32)) / 255

    assert (sketched(rounding, steady(2)) == 1).all()


def test_a_weak_edge_is_kept_where_it_goes_on_from_a_strong_one():
    fading = torch.ones(2, 1, 32, 32)
    fading[0, :, :, 16:] -= torch.linspace(0.9, 0.1, 32)[:, None]
    fading[1, :, 20:, 16:] -= 0.1  # as weak as the end of the other, and alone
    fading[1, :, :6, 6:] -= 0.9

    sketch = sketched(fading, steady(2))

    assert (sketch[0, 0, :26] == 0).any(1).all()
    assert (sketch[1, 0, 22:, 10:] == 1).all()


def test_the_same_chance_gives_the_same_sketches_and_another_others():
    images = discs()
    one, again, other = (sketched(images, drawn(4, chance(seed), side=48)) for seed in (1, 1, 2))

    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_a_hand_leaves_gaps_and_invents_nothing():
    images, hand = discs(16), drawn(16, chance(), side=48)
    full = type(hand)(hand.sigma_px, hand.strong, torch.zeros(16), hand.cells)

    gappy, whole = sketched(images, hand), sketched(images, full)

    assert (gappy >= whole).all()
    assert 0.02 < 1 - (1 - gappy).sum() / (1 - whole).sum() < 0.2


def test_neighbours_in_the_batch_do_not_matter():
    images, hand = discs(), drawn(4, chance(), side=48)
    first = type(hand)(hand.sigma_px[:1], hand.strong[:1], hand.gaps[:1], hand.cells[:1])

    assert torch.equal(sketched(images, hand)[:1], sketched(images[:1], first))
