"""Products before grounds that are no plain surface, and how such a ground is known."""

import cv2
import numpy as np
import pytest

from benchmarks import mattes
from models.data import samples
from models.matting import backdrop, regions


@pytest.mark.parametrize("behind", samples.photographs(), ids=lambda one: one.name)
def test_products_before_a_photograph_are_found(behind):
    ground = cv2.resize(np.ascontiguousarray(behind.pixels[..., :3]), (256, 256)) / np.float32(255)
    found = []
    for number, one in enumerate(samples.products()):
        layer = mattes.layered(one.pixels, 256)
        rgb = mattes.shot(layer, ground, number) / np.float32(255)
        lab = backdrop.to_lab(rgb)
        fitted = backdrop.fit(lab)
        assert fitted.busy
        made, exact = regions.product(rgb, lab, fitted) > 0, layer[..., 3] > 0.5
        found.append((made & exact).sum() / (made | exact).sum())

    assert np.mean(found) > 0.6


def shown(ground: np.ndarray, product: tuple[slice, slice]) -> np.ndarray:
    """CIELAB of a ground [100, 100, 3] with something dark before it."""
    rgb = ground.astype(np.float32)
    rgb[product] = 0.2
    return backdrop.to_lab(rgb)


def test_paper_whose_border_is_covered_by_two_fifths_is_no_scene():
    paper = np.full((100, 100, 3), 0.95)

    assert not backdrop.fit(shown(paper, np.s_[70:, :])).busy


def test_a_rough_sky_over_as_much_land_is_a_scene():
    rough = np.random.default_rng(0).normal(0.7, 0.02, (100, 100, 3))

    found = backdrop.fit(shown(rough, np.s_[70:, :]))

    assert 1 < found.spread < 4
    assert found.busy
