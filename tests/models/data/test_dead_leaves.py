"""Leaves have the colours of photographs, edges at all scales, and are the same for a seed."""

import pytest
import torch
from torch import Tensor

from models.data import dead_leaves
from models.data.windows import detail


def photographs(*colours: tuple[int, int, int]) -> Tensor:
    """One plain picture of each colour."""
    shade = torch.tensor(colours, dtype=torch.uint8)[:, :, None, None]
    return shade.expand(-1, -1, 64, 64).contiguous()


def speckled() -> Tensor:
    return torch.randint(256, (4, 3, 64, 64), generator=torch.Generator().manual_seed(0)).byte()


def test_the_same_seed_gives_the_same_leaves_and_another_others():
    one, again, other = (dead_leaves.drawn(speckled(), 3, seed=seed) for seed in (1, 1, 2))

    assert one.shape == (3, 3, 64, 64)
    assert one.dtype == torch.uint8
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_no_two_are_alike():
    found = dead_leaves.drawn(speckled(), 6, seed=0).flatten(1).float()

    assert torch.cdist(found, found).fill_diagonal_(torch.inf).min() > 1000


def test_they_are_of_the_photographs_colours():
    grey = dead_leaves.drawn(photographs((40, 40, 40), (200, 200, 200)), 20, seed=0).float()
    red = dead_leaves.drawn(photographs((180, 20, 20)), 20, seed=0).float()

    assert (grey.amax(1) - grey.amin(1)).max() <= 1
    strongest = red.mean((2, 3)).sort(dim=1, descending=True).values
    assert (strongest[:, 0] > 4 * strongest[:, 1]).all()


def test_they_have_edges_where_the_photographs_have_none():
    plain = photographs((30, 60, 30), (90, 120, 60), (200, 200, 180), (120, 90, 60))

    leaves = dead_leaves.drawn(plain, 40, seed=0)

    assert detail(plain / 255).max() == 0
    assert detail(leaves / 255).median() > 0.03


@pytest.mark.parametrize("halvings", [0, 1, 2])
def test_edges_are_at_all_scales(halvings: int):
    leaves = dead_leaves.drawn(speckled(), 40, seed=0) / 255

    seen = torch.nn.functional.avg_pool2d(leaves, 2**halvings)

    assert detail(seen).median() > 0.03
