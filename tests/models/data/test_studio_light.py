"""A photographer's studio as a handful of lamps."""

import numpy as np
import pytest

from models.data.camera import look
from models.data.studio_light import lamps


def light_on(lit, normal):
    return float((lit.weights * np.clip(lit.directions @ normal, 0, 1)).sum())


@pytest.mark.parametrize("count", [12, 40, 64])
def test_few_lamps_light_a_white_surface_as_much_as_many(count):
    lit = lamps(look(0, 0), count=count)

    assert len(lit.weights) == count
    assert light_on(lit, np.array([0.0, 0.0, 1.0])) == pytest.approx(0.95, abs=0.1)


def test_light_comes_from_the_left_and_from_above_and_reaches_below():
    lit = lamps(look(0, 0))
    left, right = (light_on(lit, np.array([x, 0.0, 0.0])) for x in (-1.0, 1.0))
    top, bottom = (light_on(lit, np.array([0.0, y, 0.0])) for y in (1.0, -1.0))

    assert left > right > 0
    assert top > bottom > 0


def test_the_studio_turns_with_the_camera():
    front, side = lamps(look(0, 0)), lamps(look(90, 0))

    assert light_on(front, np.array([0.0, 0, 1])) == pytest.approx(
        light_on(side, np.array([1.0, 0, 0]))
    )
