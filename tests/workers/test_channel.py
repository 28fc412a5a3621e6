"""A preset in place of steps: what comes out is what the channel takes, and says so itself."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sqlalchemy import select

from db import admission, blobs
from db.engine import reading, transaction
from db.operations import presets
from db.operations.order import Output, parse
from db.operations.presets import PRESET_NAMES
from db.refusals import Refused
from db.tables.results import Result
from models import images, labels
from models.failures import CannotDo
from models.metrics.ssim import ssim
from tests import benches, factories, rows
from tests.rows import TENANT
from tests.shots import answers, jpeg, keep, shot
from workers.channel import fitted
from workers.perform import Bench, perform

GREY = (205, 208, 203)


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def made(
    bench: Bench, data: bytes, *, envelope: dict[str, Any] | None = None, **given: Any
) -> Result:
    operation = {"picture": keep(data), **given}
    job_id = rows.queued("pipeline", envelope={"operation": operation, **(envelope or {})})
    (job,) = rows.claim(queue="gpu")
    perform(job, bench)
    row = rows.read(job_id)
    assert row.state == "succeeded", (row.error_code, row.error_detail)
    with reading() as session:
        return session.scalars(select(Result).where(Result.job_id == job_id)).one()


def test_a_product_on_grey_becomes_what_amazon_takes_and_its_own_check_passes(
    bench: Bench,
) -> None:
    result = made(bench, jpeg(shot(fill=0.5, rgb=GREY)), preset="amazon_main")

    data = blobs.get(TENANT, result.blob_key)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (2_000, 2_000))
        assert picture.layer[1][1:3] == picture.layer[0][1:3]  # type: ignore[attr-defined]
    told = answers(result, "delivered")
    assert result.scores["details"]["delivered"]["status"] == "pass"
    assert told["background"]["measured"]["share"] == 1.0
    assert told["fill"]["measured"]["long_side"] == pytest.approx(0.88, abs=0.005)
    assert told["file_bytes"]["measured"]["bytes"] == len(data) == result.bytes
    assert result.scores["details"]["encoding"] == {"quality": 95, "asked_quality": 95}
    assert (result.format, result.preset_version) == ("jpeg", "amazon_main@1")
    assert result.scores["background_white_share"] == 1.0
    report = rows.read(result.job_id).report
    assert report is not None
    assert (report["status"], report["failed"]) == ("pass", "")


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESET_NAMES)
def test_what_is_made_for_a_channel_fails_none_of_its_rules(bench: Bench, name: str) -> None:
    result = made(bench, jpeg(shot(fill=0.5, rgb=GREY)), preset=name)

    assert result.scores["details"]["delivered"]["status"] == "pass"


def test_the_format_that_is_asked_for_is_kept(bench: Bench) -> None:
    data, asked = jpeg(shot(side=400, rgb=GREY)), {"output": {"format": "png"}}

    result = made(bench, data, preset="jd_main", envelope=asked)

    assert result.format == "png"


def test_a_generated_picture_is_refused_where_the_channel_takes_photographs(bench: Bench) -> None:
    data = labels.write(jpeg(shot(side=64)), format="jpeg", source_kind="generated", job_id="x")
    picture = keep(data)

    outcomes = {name: _outcome(bench, picture, name) for name in ("amazon_main", "jd_main")}

    assert outcomes["amazon_main"] == ("failed", "policy_generated_main_image")
    assert outcomes["jd_main"] == ("succeeded", None)


def _outcome(bench: Bench, picture: str, preset: str) -> tuple[str, str | None]:
    operation = {"picture": picture, "preset": preset}
    job_id = rows.queued("pipeline", envelope={"operation": operation})
    (job,) = rows.claim(queue="gpu")
    perform(job, bench)
    row = rows.read(job_id)
    return row.state, row.error_code


def _order(**operation: Any) -> Any:
    envelope = operation.pop("envelope", {})
    picture = "0190a0b0-0000-7000-8000-000000000000"
    return parse(factories.order("pipeline", envelope=envelope, picture=picture, **operation))


def test_what_the_order_leaves_out_of_its_output_is_the_presets() -> None:
    left_out = _order(preset="amazon_main").output
    named = _order(preset="amazon_main", envelope={"output": {"quality": 80}}).output

    assert left_out == Output(format="jpeg", quality=95)
    assert named == Output(format="jpeg", quality=80)


def test_an_order_for_a_preset_is_read_again_the_same() -> None:
    order = _order(preset="amazon_main", envelope={"output": {"quality": 80}})

    assert parse(order.model_dump_json().encode()) == order


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "missing"),
        ({"preset": "etsy", "steps": [{"op": "upscale"}]}, "steps_or_preset"),
        ({"preset": "A bazaar"}, "string_pattern_mismatch"),
    ],
    ids=["neither", "both", "no name"],
)
def test_steps_or_a_preset_exactly_one(given: dict[str, Any], kind: str) -> None:
    with pytest.raises(ValueError, match=r"steps|preset") as raised:
        _order(**given)

    assert kind in {error["type"] for error in raised.value.errors()}  # type: ignore[attr-defined]


def test_a_format_that_the_channel_does_not_take_is_refused_before_there_is_a_job(
    home: Path,
) -> None:
    picture = keep(jpeg(shot(side=64)))
    body = factories.order(
        "pipeline", picture=picture, preset="amazon_main", envelope={"output": {"format": "webp"}}
    )

    with pytest.raises(Refused) as refused, transaction() as session:
        admission.place(session, TENANT, parse(body), key=None)

    assert refused.value.code == "output_format"


def _noisy(side: int = 128) -> torch.Tensor:
    noise = np.random.default_rng(3).random((1, 3, side, side), np.float32)
    return torch.from_numpy(noise)


def test_quality_falls_as_far_as_the_file_must_shrink_and_no_further() -> None:
    image = _noisy()
    sizes = {q: len(images.encode(image, format="jpeg", quality=q)) for q in range(60, 96)}
    file = presets.get("amazon_main").file.model_copy(update={"most_bytes": sizes[77] + 1})
    preset = presets.get("amazon_main").model_copy(update={"file": file})

    found = fitted(
        image,
        preset,
        Output(format="jpeg", quality=95),
        lambda quality: images.encode(image, format="jpeg", quality=quality),
    )

    largest = max(quality for quality, size in sizes.items() if size <= sizes[77] + 1)
    assert found.encoding["quality"] == largest
    assert len(found.data) == sizes[largest]
    left = float(ssim(images.read(found.data).image, images.quantise(image.clone())))
    assert found.encoding["ssim"] == pytest.approx(left)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_file_that_cannot_be_small_enough_is_refused_with_a_code(kind: Any) -> None:
    image = _noisy(64)
    file = presets.get("amazon_main").file.model_copy(update={"most_bytes": 100})
    preset = presets.get("amazon_main").model_copy(update={"file": file})

    with pytest.raises(CannotDo) as refused:
        fitted(
            image,
            preset,
            Output(format=kind, quality=95),
            lambda quality: images.encode(image, format=kind, quality=quality),
        )

    assert refused.value.code == "file_too_large_for_channel"


def test_a_picture_without_a_product_fails_the_job(bench: Bench) -> None:
    operation = {"picture": keep(jpeg(Image.new("RGB", (64, 64), "white"))), "preset": "etsy"}
    job_id = rows.queued("pipeline", envelope={"operation": operation})
    (job,) = rows.claim(queue="gpu")

    perform(job, bench)

    assert rows.read(job_id).error_code == "no_product_found"


def test_what_is_made_keeps_its_label_and_its_proof(bench: Bench) -> None:
    result = made(bench, jpeg(shot(side=400, rgb=GREY)), preset="jd_main")

    label = labels.read(blobs.get(TENANT, result.blob_key))
    assert label == labels.Label("original", result.job_id)
    assert result.placement is not None
    assert (result.product_psnr_db or 99) > 30
