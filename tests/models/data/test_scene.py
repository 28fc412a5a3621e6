"""Placing, sorting and averaging around a render."""

import numpy as np
import pytest

from models.data.catalogue import Library, Model
from models.data.scene import downsampled, placed, premultiplied, sorted_from, view_of
from models.data.wavefront import Material, Part


def one_triangle(points):
    corners = np.zeros((3, 8), np.float32)
    corners[:, :3], corners[:, 3:6] = points, (0, 0, 1)
    return Model((Part(Material("plain"), corners),), {})


def test_a_model_is_centred_and_its_longest_side_is_one():
    (part,) = placed(one_triangle([(10, 10, 10), (14, 10, 10), (10, 12, 10)]))

    points = part.corners[:, :3]

    np.testing.assert_allclose(points.min(0) + points.max(0), 0, atol=1e-6)
    np.testing.assert_allclose(np.ptp(points, axis=0), [1, 0.5, 0], atol=1e-6)


def test_the_catalogue_turns_a_model_and_its_normals():
    model = one_triangle([(0, 0, 0), (0, 4, 0), (1, 0, 0)])
    lying = Model(model.parts, {}, rotation=(1, 0, 0, 0, 0, 1, 0, -1, 0))

    (part,) = placed(lying)

    np.testing.assert_allclose(np.ptp(part.corners[:, :3], axis=0), [0.25, 0, 1], atol=1e-6)
    np.testing.assert_allclose(part.corners[0, 3:6], [0, 1, 0], atol=1e-6)


def test_flat_clothes_are_seen_from_above(sh3f):
    with Library(sh3f) as library:
        flat, upright = library.entries

    assert view_of(flat).elevation_deg > 70
    assert view_of(upright).elevation_deg < 30


def test_glass_is_sorted_from_far_to_near():
    corners = np.zeros((9, 8), np.float32)
    corners[:, 2] = np.repeat([1, 3, 2], 3)

    ordered = sorted_from(corners, np.array([0.0, 0.0, 10.0]))

    assert ordered[::3, 2].tolist() == [1, 2, 3]


def test_an_edge_keeps_its_colour_without_a_dark_fringe():
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0] = (200, 100, 50, 255)

    (((*colour, alpha),),) = downsampled(pixels, 2)

    assert alpha == 128
    assert colour == pytest.approx([200, 100, 50], abs=1)


def test_what_nothing_covers_is_transparent_black():
    assert not downsampled(np.zeros((4, 4, 4), np.uint8), 2).any()


def test_premultiplied_colour_fades_with_alpha():
    half = np.array([[[200, 100, 50, 128]]], np.uint8)

    assert premultiplied(half)[0, 0] == pytest.approx([100, 50, 25, 128], abs=1)
