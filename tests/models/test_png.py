"""A PNG of ours is lossless in every decoder and little larger than zlib's."""

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models import png
from models.data import samples

Levels = NDArray[np.uint8]

ODD_SIZES = [(1, 1), (1, 300), (300, 1), (2, 3), (13, 17), (511, 513)]


def noise(height: int, width: int, channels: int) -> Levels:
    return np.random.default_rng(7).integers(0, 256, (height, width, channels), np.uint8)


def shaded(height: int, width: int, channels: int) -> Levels:
    """Rows of which each suits another filter: steep to the side, steep downwards, and noise."""
    across, down = np.arange(width)[None, :, None] * 3, np.arange(height)[:, None, None] * 5
    kind = np.arange(height)[:, None, None] % 3
    levels = np.where(kind == 0, across, np.where(kind == 1, across + down, down // 7))
    return (levels + np.zeros((1, 1, channels), int)).astype(np.uint8)


def by_pillow(data: bytes) -> Levels:
    picture = Image.open(io.BytesIO(data))
    levels = np.array(picture)
    return levels if levels.ndim == 3 else levels[..., None]


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("made", [noise, shaded])
def test_every_level_comes_back(made, channels, size):
    levels = made(*size, channels)

    data = png.write(levels)

    assert np.array_equal(by_pillow(data), levels)


@pytest.mark.parametrize(("channels", "flag"), [(1, -1), (3, cv2.IMREAD_COLOR_RGB)])
def test_libpng_agrees_with_pillow(channels, flag):
    levels = shaded(301, 199, channels)

    data = np.frombuffer(png.write(levels), np.uint8)

    assert np.array_equal(cv2.imdecode(data, flag).reshape(levels.shape), levels)


def test_every_checksum_is_right():
    data = png.write(noise(40, 50, 3))

    Image.open(io.BytesIO(data)).verify()


def test_what_lies_in_memory_in_another_order_is_written_too():
    levels = noise(31, 23, 3)[::-1, ::2].transpose(1, 0, 2)

    assert np.array_equal(by_pillow(png.write(levels)), levels)


def test_a_row_takes_the_filter_that_leaves_it_smallest():
    side = np.arange(64, dtype=np.uint8)
    rows = np.stack((side * 2, side * 2, side * 3 + 40))[..., None]

    filters = png._filtered(rows[..., 0], step=1)[:, 0]

    assert filters.tolist() == [1, 2, 1]


def zlibs(levels: Levels) -> int:
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG", compress_level=4)
    return len(file.getvalue())


def test_files_are_little_larger_than_by_zlibs_fourth_level():
    pixels = [sample.pixels for sample in samples.photographs() + samples.products()]

    ours, theirs = [len(png.write(one)) for one in pixels], [zlibs(one) for one in pixels]

    assert sum(ours) < 1.08 * sum(theirs)
    assert max(our / their for our, their in zip(ours, theirs, strict=True)) < 1.25
