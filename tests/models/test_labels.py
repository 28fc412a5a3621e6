"""A label is in the delivered file, and nothing of the source's metadata is."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from models import images, labels
from models.labels import Label
from tests.golden import pictures

KINDS = ["generated", "composite", "enhanced", "original"]


def encoded(kind: str, channels: int = 3) -> bytes:
    image = torch.rand(1, channels, 23, 31, generator=torch.manual_seed(5))
    return images.encode(image, format=kind, quality=90)


def pixels(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
@pytest.mark.parametrize("source_kind", KINDS)
def test_a_label_is_read_back_and_no_pixel_changes(kind, source_kind):
    bare = encoded(kind)

    labelled = labels.write(bare, format=kind, source_kind=source_kind, job_id="job <1> & 'co'")

    assert labels.read(labelled) == Label(source_kind, "job <1> & 'co'")
    assert np.array_equal(pixels(labelled), pixels(bare))


@pytest.mark.parametrize("kind", ["png", "webp", "avif"])
def test_transparency_survives_the_label(kind):
    bare = encoded(kind, channels=4)

    labelled = labels.write(bare, format=kind, source_kind="composite", job_id="7")

    assert Image.open(io.BytesIO(labelled)).mode == "RGBA"
    assert np.array_equal(pixels(labelled), pixels(bare))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_second_label_replaces_the_first(kind):
    once = labels.write(encoded(kind), format=kind, source_kind="generated", job_id="1")

    twice = labels.write(once, format=kind, source_kind="original", job_id="2")

    assert labels.read(twice) == Label("original", "2")
    assert b"trainedAlgorithmicMedia" not in twice


def test_the_place_where_it_was_taken_is_gone():
    source = pictures.with_place()

    bare = images.encode(images.read(source).image, format="jpeg")
    labelled = labels.write(bare, format="jpeg", source_kind="enhanced", job_id="1")

    assert Image.open(io.BytesIO(source)).getexif()
    assert not Image.open(io.BytesIO(labelled)).getexif()


def test_exif_in_the_file_itself_is_left_out():
    labelled = labels.write(
        pictures.with_place(), format="jpeg", source_kind="original", job_id="1"
    )

    assert not Image.open(io.BytesIO(labelled)).getexif()
    assert b"A camera" not in labelled


def test_what_trails_a_file_is_left_out():
    labelled = labels.write(
        encoded("png") + b"<?php evil", format="png", source_kind="original", job_id="1"
    )

    assert b"evil" not in labelled


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_file_without_a_label_has_none(kind):
    assert labels.read(encoded(kind)) is None


def test_a_generated_picture_carries_chinas_mark():
    labelled = labels.write(encoded("png"), format="png", source_kind="generated", job_id="j9")

    assert b"TC260:AIGC" in labelled
    assert b"ProduceID&quot;: &quot;j9" in labelled


def test_another_programs_label_is_understood():
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description Iptc4xmpExt:DigitalSourceType='
        b'"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/></x:xmpmeta>'
    )
    data = pictures.saved(Image.fromarray(pictures.upright()), "JPEG", xmp=packet)

    assert labels.read(data) == Label("generated", None)
