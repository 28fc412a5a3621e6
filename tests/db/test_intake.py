"""Whatever a stranger calls a picture is taken in, or refused with a reason, and harms nobody."""

import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from PIL import Image

from db import intake, settings
from db.intake import NotAPicture
from tests import bombs, factories
from tests.bombs import chunk

NOT_ALLOWED = "image_format_not_allowed"
ORIENTATION = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0%c\0\0\0\0\0\0\0"


@pytest.fixture(autouse=True)
def _settings_of_this_test() -> Iterator[None]:
    settings.get.cache_clear()
    yield
    settings.get.cache_clear()


REFUSED: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "an empty file": (lambda: b"", 422, "image_empty"),
    "text": (lambda: b"a picture, honestly", 422, "image_unrecognised"),
    "a web page": (lambda: b"<!doctype html><html></html>", 422, "image_unrecognised"),
    "json": (lambda: b'{"image": true}', 422, "image_unrecognised"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, NOT_ALLOWED),
    "svg after a comment": (
        lambda: b"\xef\xbb\xbf<?xml version='1.0'?><!--" + b"x" * 5000 + b"--><svg/>",
        415,
        NOT_ALLOWED,
    ),
    "svg in utf-16": (lambda: "<svg/>".encode("utf-16"), 415, NOT_ALLOWED),
    "svgz": (lambda: zlib.compress(b"<svg/>", wbits=31), 415, NOT_ALLOWED),
    "pdf": (lambda: b"%PDF-1.7\n", 415, NOT_ALLOWED),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, NOT_ALLOWED),
    "psd": (lambda: b"8BPS\0\x01", 415, NOT_ALLOWED),
    "fits": (lambda: b"SIMPLE  =                    T", 415, NOT_ALLOWED),
    "tiff of floats": (
        lambda: factories.encoded(Image.new("F", (20, 20), float("nan")), "TIFF"),
        415,
        NOT_ALLOWED,
    ),
    "bmp": (lambda: factories.encoded(factories.picture(), "BMP"), 415, NOT_ALLOWED),
    "ico": (lambda: factories.encoded(factories.picture(), "ICO"), 415, NOT_ALLOWED),
    "dds": (lambda: factories.encoded(factories.picture(), "DDS"), 415, NOT_ALLOWED),
    "jpeg 2000": (lambda: factories.encoded(factories.picture(), "JPEG2000"), 415, NOT_ALLOWED),
    "heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", 415, NOT_ALLOWED),
    "gif": (lambda: factories.encoded(factories.picture(), "GIF"), 415, NOT_ALLOWED),
    "gif of 10,000 frames": (lambda: b"GIF89a" + bytes(10_000), 415, NOT_ALLOWED),
    "gifar": (lambda: b"GIF89a/*", 415, NOT_ALLOWED),
    "half a jpeg": (
        lambda: factories.jpeg(200, 200)[:1500],
        422,
        "image_truncated",
    ),
    "png without its end": (lambda: factories.png()[:-12], 422, "image_truncated"),
    "png cut in its pixels": (lambda: factories.png(300, 300)[:-600], 422, "image_truncated"),
    "png of too few pixels": (
        lambda: bombs.png_of(20, 20, pixels=zlib.compress(bytes(100))),
        422,
        "image_truncated",
    ),
    "webp cut off": (lambda: factories.webp(200, 200)[:-50], 422, "image_truncated"),
    "avif cut off": (lambda: factories.avif(200, 200)[:-50], 422, "image_truncated"),
    "jpeg of a beginning only": (lambda: b"\xff\xd8", 422, "image_unrecognised"),
    "jpeg of both ends only": (lambda: b"\xff\xd8\xff\xd9", 422, "image_unrecognised"),
    "png with a wrong checksum in its header": (
        lambda: factories.png()[:29] + bytes(4) + factories.png()[33:],
        422,
        "image_corrupt",
    ),
    "png with a wrong checksum in its pixels": (
        lambda: factories.png()[:-16] + bytes(4) + factories.png()[-12:],
        422,
        "image_corrupt",
    ),
    "png of garbage": (lambda: bombs.png_of(20, 20, pixels=b"garbage"), 422, "image_corrupt"),
    "png of 0×0": (lambda: bombs.png_of(0, 0), 422, "image_dimensions"),
    "png of 0×9": (lambda: bombs.png_of(0, 9), 422, "image_dimensions"),
    "png of 2³¹−1 squared": (
        lambda: bombs.png_of(2**31 - 1, 2**31 - 1),
        422,
        "image_too_many_pixels",
    ),
    "png of 30,000 squared": (
        lambda: bombs.flat_png(30_000, 30_000),
        422,
        "image_too_many_pixels",
    ),
    "jpeg of 100 megapixels": (
        lambda: factories.encoded(Image.new("L", (10_000, 10_000)), "JPEG"),
        422,
        "image_too_many_pixels",
    ),
    "avif that declares 2³¹ squared": (
        lambda: bombs.avif_with_extent(2**31, 2**31),
        422,
        "image_too_many_pixels",
    ),
    "webp that declares 16,000 squared": (
        lambda: bombs.webp_with_canvas(16_000, 16_000),
        422,
        "image_too_many_pixels",
    ),
    "webp that declares a little more": (
        lambda: bombs.webp_with_canvas(100, 100),
        422,
        "image_corrupt",
    ),
    "1×65,500": (lambda: bombs.png_of(1, 65_500), 422, "image_aspect"),
    "65,500×1": (lambda: bombs.png_of(65_500, 1), 422, "image_aspect"),
    "a side of 12,100": (lambda: bombs.flat_png(12_100, 300), 422, "image_too_large"),
    "1×1": (lambda: factories.png(1, 1), 422, "image_too_small"),
    "7×7": (lambda: factories.png(7, 7), 422, "image_too_small"),
    "zTXt bomb": (
        lambda: bombs.with_chunks([chunk(b"zTXt", b"a\0\0" + bombs.zeros(80))]),
        422,
        "image_metadata_bomb",
    ),
    "zTXt bomb after the pixels": (
        lambda: bombs.with_chunks([chunk(b"zTXt", b"a\0\0" + bombs.zeros(80))], last=True),
        422,
        "image_metadata_bomb",
    ),
    "iTXt bomb": (
        lambda: bombs.with_chunks([chunk(b"iTXt", b"a\0\1\0\0\0" + bombs.zeros(80))]),
        422,
        "image_metadata_bomb",
    ),
    "iCCP bomb": (
        lambda: bombs.with_chunks([chunk(b"iCCP", b"a\0\0" + bombs.zeros(80))]),
        422,
        "image_metadata_bomb",
    ),
    "a hundred small bombs": (
        lambda: bombs.with_chunks(
            chunk(b"zTXt", b"a%d\0\0" % number + zlib.compress(bytes(1_000_000)))
            for number in range(100)
        ),
        422,
        "image_metadata_bomb",
    ),
    "100,000 text chunks": (
        lambda: bombs.with_chunks([chunk(b"tEXt", b"a\0b")] * 100_000),
        422,
        "image_metadata_bomb",
    ),
    "animated png": (lambda: factories.frames("PNG", 3), 422, "image_animated"),
    "animated webp": (lambda: factories.frames("WEBP", 3), 422, "image_animated"),
    "animated avif": (lambda: factories.frames("AVIF", 3), 422, "image_animated"),
    "jpeg of 1,000 scans": (lambda: bombs.jpeg_of_many_scans(1000), 422, "image_too_complex"),
    "arithmetic-coded jpeg": (
        lambda: bombs.jpeg_with_frame(0xC9),
        422,
        "image_unsupported_variant",
    ),
    "jpeg of 12 bits": (
        lambda: bombs.jpeg_with_frame(0xC1, bits=12),
        422,
        "image_unsupported_variant",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_that_we_take_is_refused_with_its_reason(name: str) -> None:
    build, status, code = REFUSED[name]
    data = build()

    with pytest.raises(NotAPicture) as refused:
        intake.check(data)

    assert (refused.value.status, refused.value.code) == (status, code)


TAKEN: dict[str, tuple[Callable[[], bytes], tuple[str, int, int, str]]] = {
    "png": (factories.png, ("png", 24, 16, "RGB")),
    "jpeg": (factories.jpeg, ("jpeg", 24, 16, "RGB")),
    "webp": (factories.webp, ("webp", 24, 16, "RGB")),
    "avif": (factories.avif, ("avif", 24, 16, "RGB")),
    "8×8": (lambda: factories.png(8, 8), ("png", 8, 8, "RGB")),
    "a jpeg with a second picture in it": (
        lambda: factories.frames("MPO", 2),
        ("jpeg", 24, 16, "RGB"),
    ),
    "a jpeg with a program behind it": (
        lambda: factories.jpeg() + b"PK\x03\x04<?php system($_GET[0]); ?>",
        ("jpeg", 24, 16, "RGB"),
    ),
    "a jpeg with a script in its comment": (
        lambda: factories.jpeg(comment=b"<script>alert(1)</script>"),
        ("jpeg", 24, 16, "RGB"),
    ),
    "orientation 99": (
        lambda: factories.jpeg(exif=ORIENTATION % 99),
        ("jpeg", 24, 16, "RGB"),
    ),
    "orientation 6, which lies on its side": (
        lambda: factories.jpeg(exif=ORIENTATION % 6),
        ("jpeg", 16, 24, "RGB"),
    ),
    "exif four gigabytes away": (bombs.far_exif, ("jpeg", 24, 16, "RGB")),
    "a garbage colour profile": (
        lambda: factories.jpeg(icc_profile=b"garbage" * 100),
        ("jpeg", 24, 16, "RGB"),
    ),
    "cmyk": (lambda: factories.jpeg(mode="CMYK"), ("jpeg", 24, 16, "CMYK")),
    "16-bit grey": (
        lambda: factories.encoded(Image.new("I;16", (20, 20), 40_000), "PNG"),
        ("png", 20, 20, "I;16"),
    ),
    "16-bit colour": (
        lambda: bombs.png_of(20, 20, bits=16, colour=2, pixels=zlib.compress(bytes(20 * 121))),
        ("png", 20, 20, "RGB"),
    ),
    "one bit": (lambda: factories.png(mode="1"), ("png", 24, 16, "1")),
    "grey with alpha": (lambda: factories.png(mode="LA"), ("png", 24, 16, "LA")),
    "palette": (lambda: factories.png(mode="P"), ("png", 24, 16, "P")),
    "colour with alpha": (lambda: factories.png(mode="RGBA"), ("png", 24, 16, "RGBA")),
    "progressive": (lambda: factories.jpeg(progressive=True), ("jpeg", 24, 16, "RGB")),
    "pixels in 100,000 chunks": (
        lambda: bombs.with_chunks([chunk(b"IDAT")] * 100_000, last=True),
        ("png", 24, 16, "RGB"),
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_picture_is_taken_for_what_it_is(name: str) -> None:
    build, expected = TAKEN[name]

    checked = intake.check(build())

    assert (checked.format, checked.width, checked.height, checked.mode) == expected


def test_a_directory_that_leads_to_itself_does_not_hold_us() -> None:
    assert intake.check(bombs.cyclic_exif()).format == "jpeg"


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (bombs.png_of(2**31 - 1, 2**31 - 1), 0.01),
        (bombs.with_chunks([chunk(b"tEXt", b"a\0b")] * 100_000), 1.0),
    ],
    ids=["a huge header", "100,000 chunks"],
)
def test_a_bomb_is_known_quickly(data: bytes, seconds: float) -> None:
    intake.check(factories.png())  # the child is awake
    took = []

    for _ in range(3):
        began = time.perf_counter()
        with pytest.raises(NotAPicture):
            intake.check(data)
        took.append(time.perf_counter() - began)

    assert min(took) < seconds


def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_is_fine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    intake.close()
    monkeypatch.setenv("DB_INTAKE_SECONDS", "0.001")
    settings.get.cache_clear()
    with pytest.raises(NotAPicture) as refused:
        intake.check(factories.png())
    monkeypatch.delenv("DB_INTAKE_SECONDS")
    settings.get.cache_clear()

    checked = intake.check(factories.png())

    assert refused.value.code == "image_too_complex"
    assert checked.width == 24


def test_a_picture_that_takes_too_much_memory_is_given_up_and_the_next_one_is_fine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    intake.close()
    monkeypatch.setenv("DB_INTAKE_MEMORY_MB", "200")
    settings.get.cache_clear()
    large = factories.encoded(Image.new("RGB", (7_000, 9_000)), "PNG")
    try:
        with pytest.raises(NotAPicture) as refused:
            intake.check(large)
        checked = intake.check(factories.png())
    finally:
        intake.close()

    assert refused.value.code == "image_too_complex"
    assert checked.width == 24
