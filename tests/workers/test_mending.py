"""`check` with `fix`: what is delivered passes, or says what it fails still."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from db import blobs
from db.operations import presets
from db.operations.presets import Preset
from db.tables.results import Result
from models import labels
from tests import benches, factories, rows
from tests.rows import TENANT
from tests.shots import answers, checked, jpeg, keep, shot
from workers.perform import Bench, perform

GREY = (205, 208, 203)


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def mended(bench: Bench, data: bytes, **given: Any) -> Result:
    operation = {"picture": keep(data), "preset": "jd_main", "fix": True, **given}
    return checked(bench, operation)


def test_a_picture_that_failed_is_mended_and_both_answers_are_told(bench: Bench) -> None:
    result = mended(bench, jpeg(shot(fill=0.5, side=400, rgb=GREY)))

    details = result.scores["details"]
    assert (details["check"]["status"], details["delivered"]["status"]) == ("fail", "pass")
    assert answers(result, "check")["background"]["status"] == "fail"
    assert answers(result, "delivered")["background"]["status"] == "pass"
    assert result.scores["fill_long_side"] == pytest.approx(0.85, abs=0.01)
    assert result.preset_version == "jd_main@1"


def test_what_was_mended_by_making_it_larger_says_by_how_much(bench: Bench) -> None:
    result = mended(bench, jpeg(shot(fill=0.5, side=400, rgb=GREY)))

    # GrabCut finds the product's rim a pixel or three wider on one processor than on another.
    assert result.scores["details"]["scale"] == pytest.approx(0.85 * 800 / 200, rel=0.05)


def test_a_mended_file_is_what_it_says(bench: Bench) -> None:
    result = mended(bench, jpeg(shot(fill=0.5, side=400, rgb=GREY)))

    with Image.open(io.BytesIO(blobs.get(TENANT, result.blob_key))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (800, 800))
        assert picture.getpixel((2, 2)) == (255, 255, 255)
    assert result.format == "jpeg"


def test_a_label_cannot_be_mended_and_is_told_still(bench: Bench) -> None:
    data = jpeg(shot(fill=0.5, side=400, rgb=GREY))
    generated = labels.write(data, format="jpeg", source_kind="generated", job_id="x")

    result = mended(bench, generated, preset="etsy")

    failed = [one["rule"] for one in result.scores["details"]["delivered"]["rules"]
              if one["status"] == "fail"]  # fmt: skip
    report = rows.read(result.job_id).report
    assert failed == ["generated"]
    assert report is not None
    assert (report["status"], report["failed"]) == ("fail", "generated")


def test_a_mask_says_where_a_white_product_is(bench: Bench) -> None:
    picture, mask = Image.new("RGB", (400, 400), "white"), Image.new("L", (400, 400))
    ImageDraw.Draw(mask).rectangle((150, 100, 249, 299), fill=255)

    result = mended(bench, jpeg(picture), mask=keep(factories.encoded(mask, "PNG")))

    assert answers(result, "delivered")["product"]["status"] == "pass"
    assert result.scores["fill_long_side"] == pytest.approx(0.85, abs=0.01)


def test_a_picture_without_a_product_cannot_be_mended(bench: Bench) -> None:
    operation = {"picture": keep(jpeg(Image.new("RGB", (64, 64), "white"))), "preset": "jd_main"}
    job_id = rows.queued("check", envelope={"operation": {**operation, "fix": True}})
    (job,) = rows.claim(queue="cpu")

    perform(job, bench)

    assert rows.read(job_id).error_code == "no_product_found"


def test_a_shop_s_own_preset_is_what_is_made_and_told(bench: Bench) -> None:
    said = presets.get("jd_main").model_dump(exclude={"version"}) | {"name": "our_shop"}
    said["make"] = said["make"] | {"side_px": 900, "format": "png"}
    own = Preset.model_validate(said | {"version": 1}).model_dump(mode="json")

    result = mended(bench, jpeg(shot(fill=0.5, side=400, rgb=GREY)), preset=own)

    assert result.preset_version == "our_shop@1"
    assert (result.format, result.width, result.height) == ("png", 900, 900)
    assert result.scores["details"]["delivered"]["preset"] == "our_shop@1"
