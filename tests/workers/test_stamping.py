"""Invisible marks as a worker delivers them: put in, found by `verify`, or said to be missing."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from benchmarks.shots import cutout
from db import blobs
from db.engine import reading
from db.tables.jobs import Job
from db.tables.results import Result
from models.watermarking import find
from tests import benches, factories, rows, shots
from tests.rows import TENANT
from workers import settings, stamping
from workers.perform import Bench, perform
from workers.sources import File
from workers.verifying import findings

SIDE = 700
KEY = "0123456789abcdef0123456789abcdef-x"
OTHER = "another-0123456789abcdef0123456789"
GREY = [128, 128, 128]


@pytest.fixture
def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    _use(monkeypatch, KEY)
    with benches.set_up(max_batch=4) as bench:
        yield bench
    settings.get.cache_clear()


def _use(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("WORKER_WATERMARK_KEY", key)
    settings.get.cache_clear()


@pytest.fixture(scope="module")
def source() -> bytes:
    return factories.encoded(Image.fromarray(cutout(SIDE)), "PNG")


def _done(bench: Bench, op: str, *, output: dict[str, Any], **given: Any) -> Job:
    rows.queued(op, envelope={"operation": given, "output": {"watermark": True, **output}})
    (job,) = rows.claim(queue="gpu")
    perform(job, bench)
    return rows.read(job.id)


def _delivered(bench: Bench, op: str, *, output: Any = None, **given: Any) -> tuple[Result, bytes]:
    job = _done(bench, op, output=output or {}, **given)
    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        row = session.scalars(select(Result).where(Result.job_id == job.id)).one()
    return row, blobs.get(TENANT, row.blob_key)


def _on_grey(bench: Bench, source: bytes, **output: Any) -> tuple[Result, bytes]:
    return _delivered(bench, "background", picture=shots.keep(source), rgb=GREY, output=output)


def _verified(data: bytes, *, tenant: str = TENANT) -> Any:
    return findings(tenant, File("0" * 64, data))["watermark"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_delivered_file_says_of_which_result_it_is(
    bench: Bench, source: bytes, kind: str
) -> None:
    row, data = _on_grey(bench, source, format=kind)

    told, found = row.scores["details"]["watermark"], _verified(data)

    assert told["state"] == "marked"
    assert told["psnr_db"] >= 40
    assert found["found"]
    assert row.id.startswith(found["payload"])
    assert [one["id"] for one in found["results"]] == [row.id]


def test_a_file_that_was_saved_smaller_and_worse_is_still_known(
    bench: Bench, source: bytes
) -> None:
    row, data = _on_grey(bench, source)
    small = Image.open(io.BytesIO(data)).resize((SIDE // 2, SIDE // 2), Image.Resampling.BICUBIC)

    found = _verified(factories.encoded(small, "JPEG", quality=90))

    assert found["scale"] == 0.5
    assert [one["id"] for one in found["results"]] == [row.id]


def test_the_product_is_that_of_a_file_without_a_mark(bench: Bench, source: bytes) -> None:
    marked, with_mark = _on_grey(bench, source)
    _, without = _on_grey(bench, source, watermark=False)

    alpha = np.array(cutout(SIDE)[..., 3])
    one, other = (np.array(Image.open(io.BytesIO(data))) for data in (with_mark, without))
    assert marked.product_identical
    assert np.array_equal(one[alpha > 0], other[alpha > 0])
    assert not np.array_equal(one, other)


def test_another_shop_reads_the_mark_and_hears_nothing_of_the_result(
    bench: Bench, source: bytes
) -> None:
    _, data = _on_grey(bench, source)

    found = _verified(data, tenant="another")

    assert found["found"]
    assert found["results"] == []


def test_a_picture_without_a_mark_has_none(bench: Bench, source: bytes) -> None:
    _, data = _on_grey(bench, source, watermark=False)

    assert _verified(data) == {"found": False}


def test_a_mark_of_an_older_key_is_found_as_long_as_it_is_named(
    bench: Bench, source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = _on_grey(bench, source)

    _use(monkeypatch, OTHER)
    unknown = _verified(data)
    _use(monkeypatch, f"{OTHER},{KEY}")
    known = _verified(data)

    assert (unknown["found"], known["found"]) == (False, True)


def test_without_a_key_an_order_fails_and_verify_does_not_look(
    bench: Bench, source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, "")

    job = _done(bench, "background", picture=shots.keep(source), output={})

    assert (job.state, job.error_code) == ("failed", "watermark_key_missing")
    assert _verified(source) is None


def test_what_no_product_stands_out_of_is_not_marked_and_says_so(bench: Bench) -> None:
    row, data = _delivered(bench, "upscale", picture=shots.keep(factories.png(400, 400)))

    assert row.scores["details"]["watermark"] == {"state": "not_marked", "why": "no_product"}
    assert _verified(data) == {"found": False}


def test_too_little_ground_is_said(bench: Bench) -> None:
    small = factories.encoded(Image.fromarray(cutout(200)), "PNG")

    row, _ = _on_grey(bench, small)

    assert row.scores["details"]["watermark"]["why"] == "too_little_ground"


def test_a_mark_that_the_file_lost_is_taken_out_and_said(
    bench: Bench, source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "find", lambda *_, **__: None)

    lost, with_mark = _on_grey(bench, source)
    _, without = _on_grey(bench, source, watermark=False)

    assert lost.scores["details"]["watermark"]["why"] == "lost_in_encoding"
    one, other = (np.array(Image.open(io.BytesIO(data))) for data in (with_mark, without))
    assert np.array_equal(one, other)


def test_a_channel_s_picture_is_marked_and_its_ground_still_white(bench: Bench) -> None:
    picture = shots.keep(shots.jpeg(shots.shot(side=600)))

    row, data = _delivered(bench, "pipeline", picture=picture, preset="amazon_main")

    details = row.scores["details"]
    rules = {one["rule"]: one["status"] for one in details["delivered"]["rules"]}
    assert details["watermark"]["state"] == "marked"
    assert rules["background"] == "pass"
    assert [one["id"] for one in _verified(data)["results"]] == [row.id]


def test_a_key_that_could_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, "short")

    with pytest.raises(ValueError, match="fewer than 32"):
        settings.get()
    monkeypatch.undo()
    settings.get.cache_clear()


def test_the_beginning_of_an_id_is_told() -> None:
    told = stamping.beginning("01a219d4-5167-731e-8f98-2d74f098207c")

    assert told == 0x01A219D45167
    assert stamping.prefix(told) == "01a219d4-5167"
