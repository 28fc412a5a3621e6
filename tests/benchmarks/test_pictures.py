"""What the benchmark of picture work measures is what it says."""

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks import codecs, pictures, shots


@pytest.mark.parametrize("shot", [shots.photograph, shots.product, shots.cutout])
@pytest.mark.parametrize("side", [64, 700])
def test_a_shot_has_its_side(shot, side):
    assert shot(side).shape[:2] == (side, side)


@pytest.mark.parametrize("name", [name for name in codecs.encoders() if name.startswith("png")])
def test_every_png_encoder_gives_back_the_levels(name):
    levels = shots.product(64)

    data = codecs.encoders()[name](levels)

    assert np.array_equal(np.array(Image.open(io.BytesIO(data))), levels)


def test_every_stage_of_a_job_is_measured_for_each_format():
    found = {row.work for row in pictures.measure(32, 1)}

    stages = ("decode", "encode", "label", "read label", "decode again")
    assert {f"{kind}: {one}" for kind in ("png", "jpeg", "webp") for one in stages} <= found


def test_every_codec_is_measured_on_files_that_it_reads_as_pillow_does():
    found = {row.work for row in pictures.compare(32, 1)}

    assert set(codecs.encoders()) <= found
    assert "jpeg, Pillow: decoded by OpenCV" in found
