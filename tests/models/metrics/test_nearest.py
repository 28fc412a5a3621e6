"""Neighbours are those that a search tree finds, in blocks of whatever size."""

import numpy as np
import pytest
import torch
from scipy.spatial import KDTree

from models.metrics import nearest as module
from models.metrics.nearest import blocks, nearest, nearest_others


def normal(rows: int, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(rows, 5, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=[1, 500, 1 << 20], ids="{} at a time".format)
def _block(request, monkeypatch):
    monkeypatch.setattr(module, "_DISTANCES", request.param)


@pytest.mark.usefixtures("_block")
def test_they_are_those_of_a_search_tree():
    points, among = normal(70), normal(90, seed=1)

    found = nearest(points, among, k=4)

    distances, rows = KDTree(among.numpy()).query(points.numpy(), k=4)
    np.testing.assert_array_equal(found.rows.numpy(), rows)
    np.testing.assert_allclose(found.distances.numpy(), distances, rtol=1e-5)


@pytest.mark.usefixtures("_block")
def test_nobody_is_its_own_neighbour():
    points = normal(70)

    found = nearest_others(points, k=3)

    distances, rows = KDTree(points.numpy()).query(points.numpy(), k=4)
    np.testing.assert_array_equal(found.rows.numpy(), rows[:, 1:])
    np.testing.assert_allclose(found.distances.numpy(), distances[:, 1:], rtol=1e-5)


def test_a_twin_is_a_neighbour_at_no_distance():
    points = torch.cat([normal(20), normal(20)]) + 1000

    found = nearest_others(points)

    assert found.distances.eq(0).all()
    assert found.rows[:, 0].tolist() == [*range(20, 40), *range(20)]


def test_what_lies_far_from_zero_is_measured_as_well():
    points = normal(200)

    near, far = nearest_others(points), nearest_others(points.double() + 1e5)

    torch.testing.assert_close(far.distances, near.distances, rtol=1e-5, atol=0)


def test_no_block_is_larger_than_what_fits():
    points = torch.rand(2000, 1)

    sizes = [(rows.stop - rows.start, block.numel()) for rows, block in blocks(points, points)]

    assert sum(rows for rows, _ in sizes) == 2000
    assert max(distances for _, distances in sizes) <= 1 << 20
    assert len(sizes) == 4
