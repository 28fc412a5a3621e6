"""`verify` as a job: what is told of a file of ours, of another's, and of one that says nothing."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from sqlalchemy import select

from db import blobs, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from models import aigc, labels, marks
from tests import benches, factories, rows
from tests.factories import LOOK
from tests.golden import pictures as golden
from tests.rows import TENANT
from workers.perform import Bench, perform
from workers.sources import File
from workers.verifying import findings

MARK = {"Label": "1", "ContentProducer": "Another", "ProduceID": "p-7"}


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _keep(data: bytes, *, tenant: str = TENANT) -> str:
    key = blobs.put(tenant, data)
    with Image.open(io.BytesIO(data)) as opened:
        kind = opened.format or ""
        checked = Checked(key, kind.lower(), len(data), *opened.size, opened.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, tenant, checked, name=None).picture.id


def _done(bench: Bench, op: str, *, queue: str = "cpu", envelope: Any = None, **given: Any) -> Job:
    job_id = rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim(queue=queue)
    perform(job, bench)
    assert job.id == job_id
    return rows.read(job_id)


def _delivered(bench: Bench, picture: str, **output: Any) -> tuple[Result, bytes]:
    job = _done(bench, "upscale", queue="gpu", picture=picture, envelope={"output": output})
    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        row = session.scalars(select(Result).where(Result.job_id == job.id)).one()
    return row, blobs.get(TENANT, row.blob_key)


def _marked_source() -> bytes:
    """A PNG with China's mark, EXIF, a place and a thumbnail's IFD."""
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 14.0)})
    info = PngImagePlugin.PngInfo()
    info.add_text("AIGC", json.dumps(MARK))
    info.add_text("Comment", "shot by Ann")
    return factories.encoded(factories.picture(), "PNG", exif=exif.tobytes(), pnginfo=info)


def test_a_file_that_says_nothing_and_that_nobody_delivered(bench: Bench) -> None:
    job = _done(bench, "verify", picture=_keep(factories.jpeg()))

    assert job.state == "succeeded"
    assert job.report == {
        "source_kind": "original", "label": None, "aigc": None, "c2pa": "absent",
        "manifest": None, "watermark": None, "result": None,
    }  # fmt: skip


def test_a_delivered_file_that_comes_back_is_known_with_its_job(bench: Bench) -> None:
    row, data = _delivered(bench, _keep(factories.png()), format="jpeg")

    report = _done(bench, "verify", picture=_keep(data)).report

    assert report["label"] == {
        "source_kind": row.source_kind, "job_id": row.job_id, "job_is_known": True,
    }  # fmt: skip
    assert (report["result"]["id"], report["result"]["job_id"]) == (row.id, row.job_id)


def test_a_result_s_own_id_can_be_asked_for(bench: Bench) -> None:
    row, _ = _delivered(bench, _keep(factories.png()))

    assert _done(bench, "verify", picture=row.id).report["result"]["id"] == row.id


def test_a_file_that_was_saved_again_keeps_its_claim_but_is_not_ours(bench: Bench) -> None:
    row, data = _delivered(bench, _keep(factories.png()), format="jpeg")
    opened = Image.open(io.BytesIO(data))
    again = factories.encoded(opened, "JPEG", quality=60, xmp=opened.info["xmp"])

    report = _done(bench, "verify", picture=_keep(again)).report

    assert report["label"]["job_id"] == row.job_id
    assert report["result"] is None


def test_another_shop_hears_nothing_of_the_job_and_the_result(bench: Bench) -> None:
    row, data = _delivered(bench, _keep(factories.png()))

    ours, theirs = (findings(tenant, File(row.blob_key, data)) for tenant in (TENANT, "another"))

    assert ours["label"]["job_is_known"]
    assert ours["result"]["id"] == row.id
    assert theirs["label"]["job_id"] == row.job_id
    assert not theirs["label"]["job_is_known"]
    assert theirs["result"] is None


def test_an_id_that_is_none_is_told_without_what_no_database_keeps(bench: Bench) -> None:
    bare = factories.png()
    lie = labels.write(bare, format="png", source_kind="original", job_id="j\x01" + "9" * 300)

    label = findings(TENANT, File("0" * 64, lie))["label"]

    assert label["job_id"] == "j" + "9" * 254
    assert not label["job_is_known"]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_marked_source_gives_a_marked_result_without_its_metadata(
    bench: Bench, kind: str
) -> None:
    row, data = _delivered(bench, _keep(_marked_source()), format=kind)

    said, opened = marks.read(data), Image.open(io.BytesIO(data))
    assert row.source_kind == said.source_kind == "generated"
    assert said.aigc == {**MARK, "ContentPropagator": "Packshot", "PropagateID": row.job_id}
    assert not opened.getexif()
    assert b"A camera" not in data
    assert b"Ann" not in data


@pytest.mark.parametrize("source", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_place_camera_and_thumbnail_of_a_photograph_are_not_delivered(
    bench: Bench, source: str, kind: str
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 14.0)})
    thumbnail = golden.saved(factories.picture(16, 16), "JPEG", comment=b"A thumbnail")
    photograph = golden.saved(
        factories.picture(), source, exif=exif.tobytes() + b"Thumb" + thumbnail
    )
    assert b"A camera" in photograph
    assert b"A thumbnail" in photograph

    _, data = _delivered(bench, _keep(photograph), format=kind)

    assert not Image.open(io.BytesIO(data)).getexif()
    assert b"A camera" not in data
    assert b"A thumbnail" not in data


def test_a_file_whose_label_cannot_be_read_back_is_not_delivered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels.containers, "xmp_of", lambda _: "")

    job = _done(bench, "upscale", queue="gpu", picture=_keep(factories.png()))

    assert (job.state, job.error_code) == ("failed", "label_unreadable")


def test_a_gate_that_a_question_cannot_pass_fails_it(bench: Bench) -> None:
    picture = _keep(factories.png())

    job = _done(bench, "verify", picture=picture, envelope={"gates": {"psnr_db": {"min": 30.0}}})

    assert (job.state, job.error_code) == ("failed", "gate")
    assert aigc.read(factories.png()) is None
