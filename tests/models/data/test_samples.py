"""The small committed data set."""

import subprocess
import sys

import numpy as np
import pytest

from models.data import samples
from models.data.product_classes import CLASSES


def test_there_is_one_product_of_each_class():
    found = samples.products()

    assert {sample.category for sample in found} == set(CLASSES)
    assert len(found) == 12


@pytest.mark.parametrize("index", range(12))
def test_a_product_stands_whole_on_nothing(index):
    pixels = samples.products()[index].pixels
    alpha = pixels[:, :, 3]

    border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])

    assert pixels.shape == (512, 512, 4)
    assert pixels.dtype == np.uint8
    assert not border.any()
    assert 0.08 < (alpha > 127).mean() < 0.8
    assert ((alpha > 0) & (alpha < 255)).any(), "edges are smooth"


def test_every_picture_is_credited_and_in_the_public_domain():
    credited = (samples.FOLDER / "CREDITS.md").read_text("utf-8")

    for sample in (*samples.products(), *samples.photographs()):
        assert sample.credit.endswith("CC0-1.0")
        assert sample.path.stem in credited or sample.category == "photograph"


def test_garments_come_twenty_of_each_category_in_order():
    garments = samples.garments()

    assert garments.images.shape == (200, 1, 28, 28)
    assert garments.images.dtype == np.uint8
    assert np.bincount(garments.labels).tolist() == [20] * 10
    assert len(garments.categories) == 10
    assert "Zalando" in garments.credit


def test_garments_are_the_pictures_that_zalando_published():
    fashion_mnist = pytest.importorskip("models.data.fashion_mnist")
    if not fashion_mnist.FOLDER.exists():
        pytest.skip("dataset-fashion-mnist is not installed")
    images, labels = fashion_mnist.read_test()
    rows = samples._card()["rows"]

    garments = samples.garments()

    np.testing.assert_array_equal(garments.images, images.numpy()[rows])
    np.testing.assert_array_equal(garments.labels, labels.numpy()[rows])
    assert garments.categories == fashion_mnist.CATEGORIES


def test_photographs_are_colour_and_small():
    found = samples.photographs()

    assert found
    assert all(s.pixels.shape[2] == 3 and max(s.pixels.shape) <= 640 for s in found)


def test_the_whole_set_stays_small():
    total = sum(path.stat().st_size for path in samples.FOLDER.rglob("*") if path.is_file())

    assert total < 1_200_000


def test_the_set_is_read_without_torch():
    code = (
        "import sys; from models.data import samples; samples.products(); samples.garments();"
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
