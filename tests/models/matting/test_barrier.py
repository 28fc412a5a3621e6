"""How far a place is from the border by what must be climbed, beside an exact search."""

import heapq

import cv2
import numpy as np
import pytest

from models.matting import barrier


def _exact(plane):
    """By Dijkstra over spans: exact on a grid this small, up to ties among ways."""
    height, width = plane.shape
    found = np.full(plane.shape, np.inf)
    best = {}
    heap = []
    for y in range(height):
        for x in range(width):
            if y in (0, height - 1) or x in (0, width - 1):
                heapq.heappush(heap, (0.0, y, x, plane[y, x], plane[y, x]))
    while heap:
        span, y, x, high, low = heapq.heappop(heap)
        ways = best.setdefault((y, x), [])
        if any(one_high <= high and one_low >= low for one_high, one_low in ways):
            continue
        ways.append((high, low))
        found[y, x] = min(found[y, x], span)
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= v < height and 0 <= u < width:
                top, bottom = max(high, plane[v, u]), min(low, plane[v, u])
                heapq.heappush(heap, (top - bottom, v, u, top, bottom))
    return found


def test_a_plain_plane_is_nowhere_far():
    assert not barrier.distance(np.full((9, 13), 5.0, np.float32)).any()


def test_a_run_of_values_is_near_as_far_as_the_border_runs_along():
    ramp = np.tile(np.linspace(0, 90, 31, dtype=np.float32), (21, 1))

    assert barrier.distance(ramp).max() == 0  # each row begins on the border with its own values


def test_what_is_edged_off_is_as_far_as_its_edge_is_high():
    plane = np.zeros((21, 21), np.float32)
    plane[6:15, 6:15] = 40
    plane[9:12, 9:12] = 0  # enclosed: to come there, the edge must be climbed

    found = barrier.distance(plane)

    assert (found[6:15, 6:15] == 40).all()
    assert found[0:6].max() == 0


def test_a_gap_lets_the_border_in():
    plane = np.zeros((21, 21), np.float32)
    plane[6:15, 6:15] = 40
    plane[9:12, 9:12] = 0
    plane[12:15, 10] = 0

    assert barrier.distance(plane)[9:12, 9:12].max() == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_few_scans_are_never_below_the_exact_distance_and_mostly_on_it(seed):
    rough = np.random.default_rng(seed).random((5, 6)).astype(np.float32)
    plane = cv2.resize(rough, (14, 12), interpolation=cv2.INTER_CUBIC)
    exact = _exact(plane)

    found = barrier.distance(plane)

    assert (found >= exact - 1e-6).all()
    assert np.mean(found < exact + 0.02) > 0.8
