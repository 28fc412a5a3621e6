"""How a picture looks, in few numbers: what changes them, and what does not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dctn

from db import likeness, looks
from db.likeness import Look
from tests import factories

SHOT = factories.shot(1, 400)


def _look(image: Image.Image, orientation: int | None = None) -> Look:
    return looks.take(image, orientation=orientation)


def _are_near(one: Image.Image, other: Image.Image) -> bool:
    return list(likeness.near([_look(one), _look(other)])) == [(0, 1)]


def test_the_bits_are_those_of_the_dct_that_scipy_computes():
    image = factories.shot(2, 32).convert("L")

    # scipy's frequencies are twice ours in each direction.
    low = np.round(dctn(np.asarray(image, float), type=2)[:8, :8].ravel() / 4 / 64)
    above = low > np.sort(low[1:])[31]
    expected = sum(int(bit) << place for place, bit in enumerate(above))

    assert _look(image).phash == f"{expected:016x}"


def test_the_colours_are_the_means_of_sixteen_fields():
    image = factories.shot(3, 32)

    fields = np.asarray(image, float).reshape(4, 8, 4, 8, 3).mean(axis=(1, 3))

    found = np.frombuffer(bytes.fromhex(_look(image).colours), np.uint8).reshape(4, 4, 3)
    assert np.abs(found - fields).max() < 1  # Pillow rounds once in each direction


ENCODED_AGAIN: dict[str, Callable[[Image.Image], Image.Image]] = {
    "a jpeg of quality 60": lambda one: Image.open(
        io.BytesIO(factories.encoded(one, "JPEG", quality=60))
    ),
    "half the size": lambda one: one.resize((200, 200), Image.Resampling.LANCZOS),
    "three times the size": lambda one: one.resize((1200, 1200), Image.Resampling.BICUBIC),
    "with alpha, all of it opaque": lambda one: one.convert("RGBA"),
    "a palette": lambda one: one.quantize(256),
    "two pixels less": lambda one: one.crop((2, 2, 400, 400)),
}


@pytest.mark.parametrize("change", ENCODED_AGAIN.values(), ids=ENCODED_AGAIN)
def test_the_same_picture_otherwise_encoded_is_near(change: Callable[[Image.Image], Image.Image]):
    assert _are_near(SHOT, change(SHOT))


OTHERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": lambda one: one.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "in another colour": lambda one: Image.merge("RGB", one.split()[::-1]),
    "brighter": lambda one: one.point(lambda level: min(255, level + 12)),
    "of something else": lambda _: factories.shot(2, 400),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_another_picture_is_not_near(change: Callable[[Image.Image], Image.Image]):
    assert not _are_near(SHOT, change(SHOT))


def test_sixteen_bits_look_like_eight():
    eight = SHOT.convert("L")
    sixteen = Image.fromarray(np.asarray(eight).astype(np.uint16) * 257)

    assert sixteen.mode == "I;16"
    assert _are_near(eight, sixteen)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_on_its_side_looks_like_the_upright_one(orientation: int):
    turned = SHOT.copy()
    turned.getexif()[0x0112] = orientation
    file = io.BytesIO()
    turned.save(file, "PNG", exif=turned.getexif())

    with Image.open(file) as opened:
        upright = Image.open(io.BytesIO(factories.encoded(_exif_upright(opened), "PNG")))

    assert _look(SHOT, orientation) == _look(upright)


def _exif_upright(image: Image.Image) -> Image.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_one_colour_is_one_colour_in_every_mode(mode: str):
    assert _look(Image.new(mode, (600, 40))).is_one_colour


def test_a_single_other_pixel_makes_it_two_colours():
    image = Image.new("RGB", (2000, 2000), "white")
    image.putpixel((777, 1234), (254, 255, 255))

    assert not _look(image).is_one_colour


def test_what_is_transparent_is_seen_on_white():
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))

    assert _look(clear).colours == "ffffff"


CUT_OUT = Image.new("RGBA", (64, 48), (200, 20, 20, 255))
CUT_OUT.paste((0, 0, 0, 0), (0, 0, 20, 48))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_lets_the_ground_through_is_cut_out(mode: str):
    assert _look(CUT_OUT.convert(mode)).is_cut_out


@pytest.mark.parametrize("mode", ["P", "RGB"], ids=["a colour of the palette", "one colour"])
def test_a_colour_that_stands_for_transparency_cuts_out(mode: str):
    image = CUT_OUT.convert("RGB").convert(mode)
    image.info["transparency"] = image.getpixel((0, 0))

    assert _look(image).is_cut_out


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "I;16"])
def test_what_cannot_be_transparent_is_not_cut_out(mode: str):
    assert not _look(Image.new(mode, (64, 48))).is_cut_out


def test_a_channel_that_is_all_opaque_cuts_nothing_out():
    assert not _look(Image.new("RGBA", (64, 48), (1, 2, 3, 255))).is_cut_out
