"""One 3D model to one RGBA picture. Pixels differ between drivers: tolerances, never hashes."""

from dataclasses import replace

import numpy as np
import pytest

from models.data.camera import View
from models.data.catalogue import NO_ROTATION, Library, Model
from models.data.wavefront import Material, Part

moderngl = pytest.importorskip("moderngl")
renderer = pytest.importorskip("models.data.renderer")

FRONT = View(azimuth_deg=0, elevation_deg=0, fill=0.5)
QUICK = renderer.Detail(supersample=2, lamps=16)


@pytest.fixture(scope="module")
def studio(graphics):
    with renderer.Studio() as opened:
        yield opened


@pytest.fixture
def cube(sh3f):
    with Library(sh3f) as library:
        return replace(library.model(library.entries[0]), rotation=NO_ROTATION)


def square(material, *, z=0.0, side=1.0):
    corners = np.zeros((6, 8), np.float32)
    plane = [(0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1)]
    corners[:, :2] = (np.array(plane) - 0.5) * side
    corners[:, 2], corners[:, 5], corners[:, 6:] = z, 1, plane
    return Part(material, corners)


def test_a_square_covers_exactly_the_pixels_it_should(studio):
    model = Model((square(Material("white", (0.8, 0.8, 0.8))),), {})

    alpha = studio.render(model, size=64, view=FRONT, detail=QUICK)[:, :, 3]

    assert alpha[16:48, 16:48].min() == 255
    assert alpha.sum() == pytest.approx(255 * 32 * 32, rel=0.02)


def test_an_edge_between_pixels_is_half_transparent(studio):
    model = Model((square(Material("white")),), {})

    alpha = studio.render(model, size=31, view=FRONT, detail=renderer.Detail(4, 8))[:, :, 3]

    assert 0 < alpha[15, 7] < 255
    assert alpha.mean() / 255 == pytest.approx(0.25, abs=0.01)


def test_a_cube_is_red_bright_and_lit_from_the_left(studio, cube):
    pixels = studio.render(cube, size=96, view=View(45, 20), detail=QUICK).astype(float)

    left, right = pixels[48, 30, :3], pixels[48, 66, :3]

    assert left[0] > 120
    assert left[0] > 3 * left[1]
    assert left[0] > right[0]


def test_any_size_may_be_asked_for(studio, cube):
    for size in (17, 200):
        assert studio.render(cube, size=size, detail=QUICK).shape == (size, size, 4)


def test_a_texture_stands_upright(studio):
    texture = np.full((2, 1, 4), 255, np.uint8)
    texture[0, 0, :3], texture[1, 0, :3] = (220, 20, 20), (20, 20, 220)
    model = Model((square(Material("m", texture="t")),), {"t": texture})

    pixels = studio.render(model, size=64, view=FRONT, detail=QUICK)

    assert pixels[20, 32, 0] > pixels[20, 32, 2]
    assert pixels[44, 32, 2] > pixels[44, 32, 0]


def test_a_hole_in_a_texture_shows_what_is_behind_or_nothing(studio):
    texture = np.zeros((16, 16, 4), np.uint8)
    texture[:, :8] = (220, 20, 20, 255)
    model = Model((square(Material("m", texture="t")),), {"t": texture})

    pixels = studio.render(model, size=64, view=FRONT, detail=QUICK)

    assert pixels[32, 22, 3] == 255
    assert pixels[32, 42, 3] == 0


def test_glass_is_see_through_and_tints_what_is_behind_it(studio):
    blue = square(Material("blue", (0.1, 0.1, 0.8)), z=-0.1, side=0.5)
    glass = square(Material("glass", (0.8, 0.1, 0.1), opacity=0.4), z=0.0)
    model = Model((glass, blue), {})

    pixels = studio.render(model, size=64, view=FRONT, detail=QUICK).astype(int)

    assert 70 < pixels[18, 18, 3] < 160
    assert pixels[32, 32, 3] == 255
    assert pixels[32, 32, 2] > pixels[18, 18, 2]
    assert pixels[32, 32, 0] > 40


def test_what_stands_in_front_throws_a_soft_shadow(studio):
    wall = square(Material("wall"))
    shelf = replace(square(Material("shelf"), side=0.5))
    shelf.corners[:, [1, 2]] = shelf.corners[:, [2, 1]]
    shelf.corners[:, 2] += 0.25

    pixels = studio.render(Model((wall, shelf), {}), size=96, view=FRONT, detail=QUICK)

    above, below = pixels[32, 48, :3].mean(), pixels[56, 48, :3].mean()

    assert below < 0.9 * above


def test_the_same_model_gives_the_same_picture(studio, cube):
    first, second = (studio.render(cube, size=48, detail=QUICK) for _ in range(2))

    np.testing.assert_allclose(first, second, atol=2)
