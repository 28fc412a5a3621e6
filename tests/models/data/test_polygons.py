"""Polygons into triangles."""

import pytest

from models.data.polygons import triangles

ARROW = [(0, 0, 0), (2, 1, 0), (0, 2, 0), (0.5, 1, 0)]


def area(a, b, c):
    """Of a triangle in the plane z = 0, counter-clockwise positive."""
    return ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2


def test_a_triangle_stays_as_it_is():
    found = triangles([(0, 0, 0), (1, 0, 0), (0, 1, 0)])

    assert found == [(0, 1, 2)]


def test_a_convex_polygon_becomes_a_fan():
    found = triangles([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])

    assert found == [(0, 1, 2), (0, 2, 3)]


@pytest.mark.parametrize("turned", range(4))
def test_a_concave_polygon_is_covered_once_and_not_beyond(turned):
    points = ARROW[turned:] + ARROW[:turned]

    areas = [area(*(points[i] for i in triangle)) for triangle in triangles(points)]

    assert min(areas) > 0
    assert sum(areas) == pytest.approx(1.5)


def test_a_ring_that_bridges_to_its_own_hole_keeps_the_hole_open():
    outer = [(0, 0, 0), (3, 0, 0), (3, 3, 0), (0, 3, 0)]
    hole = [(1, 1, 0), (1, 2, 0), (2, 2, 0), (2, 1, 0)]
    points = [*outer, outer[0], *hole, hole[0]]

    areas = [area(*(points[i] for i in triangle)) for triangle in triangles(points)]

    assert sum(areas) == pytest.approx(8)
    assert min(areas) >= 0


def test_a_polygon_that_faces_the_other_way_is_cut_alike():
    there = triangles(ARROW)
    back = triangles([(x, y, -z) for x, y, z in reversed(ARROW)])

    assert len(there) == len(back) == 2
