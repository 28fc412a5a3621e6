"""A long lens on a product."""

import numpy as np
import pytest

from models.data.camera import View, frame, look

BOX = np.array([(x, y, z) for x in (-1, 1) for y in (-0.5, 0.5) for z in (-2, 2)], np.float64)


def seen(camera, points):
    clip = np.c_[points, np.ones(len(points))] @ camera.clip.T
    return clip[:, :3] / clip[:, 3:]


@pytest.mark.parametrize("azimuth_deg", [-120.0, 0.0, 45.0])
@pytest.mark.parametrize("elevation_deg", [0.0, 20.0, 80.0])
def test_the_product_is_centred_and_fills_the_frame(azimuth_deg, elevation_deg):
    camera = frame(BOX, View(azimuth_deg, elevation_deg, fill=0.8))

    low, high = seen(camera, BOX)[:, :2].min(0), seen(camera, BOX)[:, :2].max(0)

    np.testing.assert_allclose(low + high, 0, atol=1e-9)
    assert (high - low).max() == pytest.approx(1.6)


def test_everything_lies_between_the_near_and_the_far_plane():
    depth = seen(frame(BOX, View()), BOX)[:, 2]

    assert -1 < depth.min() < depth.max() < 1


def test_what_is_nearer_has_less_depth():
    near, far = seen(frame(BOX, View(0, 0)), np.array([[0, 0, 2.0], [0, 0, -2.0]]))[:, 2]

    assert near < far


def test_axes_stand_at_right_angles_and_keep_the_hand():
    axes = look(37, 21)

    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_what_turns_is_as_large_from_every_side() -> None:
    chance = np.random.default_rng(2)
    points = chance.uniform(-1, 1, (40, 3)) * (1.0, 0.4, 0.3)

    def scale(azimuth: float) -> tuple[float, float]:
        clip = frame(points, View(azimuth, 10, turns=True)).clip
        still = frame(points, View(azimuth, 10)).clip
        return float(np.linalg.norm(clip[0, :3])), float(np.linalg.norm(still[0, :3]))

    turned, fitted = zip(*(scale(azimuth) for azimuth in range(0, 360, 45)), strict=True)

    assert max(turned) - min(turned) < 1e-6 * max(turned)
    assert max(fitted) > 1.2 * min(fitted)
