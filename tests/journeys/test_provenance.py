"""A delivered file leaves the house, comes back, and is known; a copy of it only says so."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests import factories
from tests.journeys.conftest import Studio

pytestmark = pytest.mark.journey


def test_a_file_that_comes_back_is_told_from_a_copy_of_it(studio: Studio, tmp_path: Path) -> None:
    source = studio.upload(factories.png(64, 64))
    made = studio.do({"op": "denoise", "picture": source, "engine": "classical"})
    data = studio.content(made["results"][0])
    path = tmp_path / "delivered.png"
    path.write_bytes(data)
    copy = factories.encoded(Image.open(io.BytesIO(data)), "PNG")

    with studio.client() as client:
        known, unknown = client.verify(path), client.verify(copy)

    assert known["report"]["result"]["job_id"] == made["id"]
    assert known["report"]["label"]["job_is_known"]
    assert known["report"]["source_kind"] == "enhanced"
    assert unknown["report"]["result"] is None
