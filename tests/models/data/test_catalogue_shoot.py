"""A view's layers: product on white, exact alpha, recoloured twin and cast shadow."""

import numpy as np
import pytest

from models.data.camera import View
from models.data.catalogue import Model
from models.data.catalogue_shoot import shoot
from models.data.catalogue_shots import Shot, Sitting
from models.data.renderer import Studio
from models.data.scene import Detail
from models.data.studio_light import Light
from models.data.wavefront import Material, Part

RED, BLUE, GREEN = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8), (0.1, 0.8, 0.1)
QUICK = Detail(supersample=2, lamps=16, shadow_px=128)
LEFT_HALF, RIGHT_HALF = np.s_[:, :, :, :32], np.s_[:, :, :, 32:]


@pytest.fixture(scope="module")
def studio(graphics):
    with Studio() as opened:
        yield opened


def board(material, *, left, right, height=1.0):
    """A thin upright rectangle, its foot on the ground."""
    corners = np.zeros((6, 8), np.float32)
    plane = np.array([(0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1)], np.float32)
    corners[:, 0] = left + plane[:, 0] * (right - left)
    corners[:, 1], corners[:, 5], corners[:, 6:] = plane[:, 1] * height, 1, plane
    return Part(material, corners)


@pytest.fixture
def two_boards():
    red, blue = Material("red", RED), Material("blue", BLUE)
    return Model((board(red, left=-0.5, right=0), board(blue, left=0, right=0.5)), {})


def sitting(*, elevation_deg=20.0, dyes=(GREEN,), choice=0.0):
    view = View(azimuth_deg=0.0, elevation_deg=elevation_deg, fill=0.6)
    return Sitting(Light(azimuth_deg=0.0), (Shot(view, dyes, choice),))


def taken(studio, model, *sittings):
    return shoot(studio, model, sittings, side_px=64, detail=QUICK)


def test_alpha_covers_exactly_what_the_product_does(studio, two_boards):
    alpha = taken(studio, two_boards, sitting(elevation_deg=0.0)).alpha

    assert alpha.shape == (1, 1, 64, 64)
    assert alpha.sum() == pytest.approx(255 * (0.6 * 64) ** 2, rel=0.03)
    assert set(np.unique(alpha)) <= {0, *range(60, 256)}


def test_outside_of_the_product_the_picture_is_white(studio, two_boards):
    layers = taken(studio, two_boards, sitting())

    outside = layers.alpha[:, 0] == 0
    assert outside.mean() > 0.5
    assert (layers.images.transpose(1, 0, 2, 3)[:, outside] == 255).all()


def test_the_colour_under_an_edge_is_the_product_s_own(studio, two_boards):
    layers = taken(studio, two_boards, sitting())

    covered = 255 - layers.alpha.astype(int)
    assert (layers.images >= covered - 1).all()


@pytest.mark.parametrize(("choice", "changed", "same"), [
    (0.0, LEFT_HALF, RIGHT_HALF), (0.9, RIGHT_HALF, LEFT_HALF),
], ids=["the first part", "the last part"])  # fmt: skip
def test_a_twin_has_one_part_in_another_colour_and_nothing_else(
    studio, two_boards, choice, changed, same
):
    layers = taken(studio, two_boards, sitting(choice=choice))

    difference = np.abs(layers.images.astype(int) - layers.recoloured)
    inside = np.repeat(layers.alpha, 3, axis=1) == 255
    assert difference[same].max() == 0
    assert difference[changed][inside[changed]].max() > 60
    assert difference[~np.repeat(layers.alpha > 0, 3, axis=1)].max() == 0


def test_a_twin_is_of_the_colour_that_was_asked_for(studio, two_boards):
    layers = taken(studio, two_boards, sitting(dyes=(RED, GREEN)))

    red, green, blue = layers.recoloured[0, :, 32, 20].astype(int)
    assert layers.dyes.tolist() == [[26, 204, 26]]
    assert green > 2 * max(red, blue)


def test_a_pattern_keeps_its_light_and_dark(studio):
    texture = np.full((2, 1, 4), 255, np.uint8)
    texture[0, 0, :3], texture[1, 0, :3] = 240, 40
    model = Model((board(Material("m", texture="t"), left=-0.5, right=0.5),), {"t": texture})

    twin = taken(studio, model, sitting(elevation_deg=0.0)).recoloured[0].astype(int)

    assert twin[1, 24, 32] > twin[1, 40, 32] + 40


def test_a_part_that_is_not_seen_is_not_what_is_recoloured(studio):
    hidden = board(Material("hidden", BLUE), left=-0.4, right=0.4, height=0.9)
    hidden.corners[:, 2] = -0.05
    model = Model((hidden, board(Material("front", RED), left=-0.5, right=0.5)), {})

    layers = taken(studio, model, sitting(elevation_deg=0.0, choice=0.0))

    assert (layers.images != layers.recoloured).any(axis=1).mean() > 0.2


def test_a_shadow_lies_beside_the_product_on_the_side_away_from_the_light(studio, two_boards):
    shadow = taken(studio, two_boards, sitting(elevation_deg=45.0)).shadow[0, 0].astype(int)

    assert shadow.max() > 60
    assert shadow[:, 48:].sum() > 2 * shadow[:, :16].sum()


def test_a_shadow_is_only_where_the_product_leaves_it_to_see(studio, two_boards):
    layers = taken(studio, two_boards, sitting(elevation_deg=30.0))

    assert layers.shadow[layers.alpha == 255].max() == 0
    assert (layers.shadow.astype(int) + layers.alpha).max() <= 255
    assert (layers.images.astype(int) - layers.shadow).min() >= -1


def test_a_stronger_softbox_makes_a_brighter_picture(studio, two_boards):
    (shot,) = sitting().shots
    dim, bright = (
        taken(studio, two_boards, Sitting(Light(0.0, key), (shot,))).images.mean()
        for key in (0.6, 1.3)
    )

    assert bright > dim + 1


def test_a_studio_that_follows_another_sees_the_same(graphics, two_boards):
    pictures = []
    for _ in range(2):
        with Studio() as studio:
            pictures.append(taken(studio, two_boards, sitting()).images)

    np.testing.assert_allclose(*pictures, atol=2)
