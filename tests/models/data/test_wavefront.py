"""OBJ and MTL text into triangles."""

import numpy as np
import pytest

from models.data.wavefront import Material, parse_mtl, parse_obj, texture_name

ROOF = """
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
usemtl red
f 1 2 3 4
"""


def test_materials_carry_colour_gloss_opacity_and_texture():
    text = "newmtl red\nKd 1 0 0\nKs .1 .5 .2\nNs 40\nd 0.25\nmap_Kd wood.jpg\nnewmtl plain\n"

    found = parse_mtl(text)

    assert found == {
        "red": Material("red", (1.0, 0.0, 0.0), 0.5, 40.0, 0.25, "wood.jpg"),
        "plain": Material("plain"),
    }


@pytest.mark.parametrize(
    "value",
    [
        "oak.jpg",
        "C:\\Users\\me\\textures\\oak.jpg",
        "/home/me/oak.jpg",
        "-s 1 1 1 -clamp on oak.jpg",
    ],
)
def test_a_texture_is_looked_for_here_whatever_disk_it_names(value):
    assert texture_name(value) == "oak.jpg"


def test_a_texture_may_have_spaces_in_its_name():
    assert texture_name("maps/old oak.jpg") == "old oak.jpg"


def test_a_square_becomes_two_triangles_that_face_its_viewer():
    (part,) = parse_obj(ROOF, {"red": Material("red", (1.0, 0.0, 0.0))})

    assert part.material.diffuse == (1.0, 0.0, 0.0)
    assert part.corners.shape == (6, 8)
    np.testing.assert_allclose(part.corners[:, 3:6], [[0, 0, 1]] * 6, atol=1e-6)


def test_negative_indices_count_from_the_end():
    forwards = parse_obj(ROOF, {})
    backwards = parse_obj(ROOF.replace("f 1 2 3 4", "f -4 -3 -2 -1"), {})

    np.testing.assert_array_equal(forwards[0].corners, backwards[0].corners)


def test_texture_coordinates_and_normals_are_taken_where_they_are_given():
    text = ROOF.replace("usemtl", "vt 0.25 0.75\nvn 0 1 0\nusemtl").replace(
        "f 1 2 3 4", "f 1/1/1 2//1 3"
    )

    (part,) = parse_obj(text, {})

    np.testing.assert_allclose(part.corners[0, 6:], [0.25, 0.75])
    np.testing.assert_allclose(part.corners[1, 3:], [0, 1, 0, 0, 0])
    np.testing.assert_allclose(part.corners[2, 3:6], [0, 0, 1], atol=1e-6)


def test_a_sharp_edge_stays_sharp_and_a_gentle_one_is_smoothed():
    def shared_corner_normal(height):
        text = f"v 0 0 0\nv 0 1 0\nv -1 0 {height}\nv 1 0 {height}\nf 1 2 3\nf 2 1 4\n"
        return parse_obj(text, {})[0].corners[0, 3:6]

    gentle, sharp = shared_corner_normal(-0.1), shared_corner_normal(-3)

    np.testing.assert_allclose(gentle, [0, 0, 1], atol=1e-6)
    assert abs(sharp[0]) > 0.9


def test_a_face_without_material_gets_a_plain_one():
    (part,) = parse_obj(ROOF, {})

    assert part.material == Material("red")
