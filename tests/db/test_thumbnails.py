"""Small pictures: upright, as transparent as the large one, without what else a file holds."""

import io

import pytest
from PIL import Image

from db import thumbnails
from tests import factories


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "LA", "I;16"])
def test_a_picture_of_every_kind_becomes_small(mode: str) -> None:
    wide = Image.new(mode, (900, 300)) if mode == "I;16" else factories.picture(900, 300, mode=mode)

    small = opened(thumbnails.small(factories.encoded(wide, "PNG"), 320))

    assert (small.format, small.size) == ("WEBP", (320, 107))


def test_what_is_transparent_stays_so() -> None:
    clear = Image.new("RGBA", (400, 400), (255, 0, 0, 0))

    small = opened(thumbnails.small(factories.encoded(clear, "PNG"), 160))

    assert small.convert("RGBA").getextrema()[3] == (0, 0)


def test_a_small_picture_stays_as_large_as_it_is() -> None:
    assert opened(thumbnails.small(factories.png(24, 16), 160)).size == (24, 16)


def test_a_picture_that_lies_is_set_upright_and_says_nothing_more_of_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    small = opened(thumbnails.small(factories.jpeg(400, 200, exif=exif.tobytes()), 160))

    assert small.size == (80, 160)
    assert not small.getexif()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif"])
def test_stored_bytes_tell_their_format(kind: str) -> None:
    assert thumbnails.format_of(getattr(factories, kind)()) == kind
