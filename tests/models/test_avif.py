"""An AVIF's packet is replaced and its other metadata gone, whoever built the file."""

import io
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from models import avif, containers, images
from tests import factories

PACKET = b"<x:xmpmeta/>"


def pixels(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_every_pixel_is_kept_and_only_the_packet_is_told(mode):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    source = factories.encoded(
        factories.picture(mode=mode), "AVIF", exif=exif.tobytes(), xmp=b"<old/>"
    )

    written = avif.with_xmp(source, PACKET)

    info = Image.open(io.BytesIO(written)).info
    assert (info["xmp"], "exif" in info) == (PACKET, False)
    assert np.array_equal(pixels(written), pixels(source))
    assert b"A camera" not in written
    assert b"<old/>" not in written


def test_a_file_written_twice_is_as_long_as_one_written_once():
    once = avif.with_xmp(factories.avif(), PACKET)

    assert avif.with_xmp(once, PACKET) == once


def test_what_trails_the_pixels_is_left_out():
    trailing = struct.pack(">I4s", 12, b"uuid") + b"evil"

    assert b"evil" not in avif.with_xmp(factories.avif() + trailing, PACKET)


def test_a_sequence_is_refused():
    with pytest.raises(avif.NotPlain):
        avif.with_xmp(factories.frames("AVIF", 2), PACKET)


@pytest.mark.parametrize("cut", [3, 40, 200])
def test_a_cut_file_is_refused(cut):
    with pytest.raises(avif.NotPlain):
        avif.with_xmp(factories.avif()[:cut], PACKET)


def test_an_orientation_that_is_a_property_is_kept():
    exif = Image.Exif()
    exif[0x0112] = 6
    source = factories.encoded(factories.picture(24, 16), "AVIF", exif=exif)

    written = avif.with_xmp(source, PACKET)

    assert images.read(written).image.shape == images.read(source).image.shape == (1, 3, 24, 16)


def test_transparency_is_delivered():
    image = torch.rand(1, 4, 16, 24, generator=torch.manual_seed(1))

    loaded = images.read(
        containers.with_xmp(images.encode(image, format="avif"), PACKET, format="avif")
    )

    assert loaded.alpha is not None
    assert (loaded.alpha - image[:, 3:]).abs().max() < 0.05


def test_colours_are_srgb_with_full_chroma():
    image = torch.zeros(1, 3, 32, 32)
    image[:, 0, :, ::2] = 1

    loaded = images.read(images.encode(image, format="avif"))

    assert (loaded.image - image).abs().mean() < 0.01
    assert b"nclx\0\x01\0\x0d" in images.encode(image, format="avif")  # BT.709, sRGB's curve
