"""What betters a picture, as jobs through `perform`: its proof, its gates, and what it refuses."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from db import blobs, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from tests import benches, factories, rows
from tests.factories import LOOK, shot
from tests.rows import TENANT
from workers.perform import Bench, perform
from workers.register import register
from workers.serving import Serving


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    register()
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _keep(picture: Image.Image, kind: str = "PNG") -> str:
    data = factories.encoded(picture, kind)
    key = blobs.put(TENANT, data)
    checked = Checked(key, kind.lower(), len(data), *picture.size, picture.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _done(op: str, bench: Bench, *, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    with reading() as session:
        rows.change(job.id, versions=Serving().versions(session, job))
    perform(rows.read(job.id), bench)
    return rows.read(job.id)


def _result(job: Job) -> Result:
    with reading() as session:
        return session.query(Result).filter_by(job_id=job.id).one()


def _pixels(result: Result) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(blobs.get(TENANT, result.blob_key))))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_network_that_ships_enlarges_and_stays_true_to_the_source(bench: Bench, scale: int):
    job = _done("upscale", bench, picture=_keep(shot(3, 64)), scale=scale, engine="network")

    result = _result(job)
    assert (job.state, result.width, result.model_version) == (
        "succeeded",
        64 * scale,
        "upscaler-photo-x2@1",
    )
    assert result.scores["backproj_psnr_db"] > 35
    assert job.report["engine"] == "network"  # type: ignore[index]


def _static() -> Image.Image:
    levels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def test_a_network_that_invents_fails_a_gate_that_nobody_had_to_name(bench: Bench):
    job = _done("upscale", bench, picture=_keep(_static()), engine="network")

    assert (job.state, job.error_code) == ("failed", "gate")
    assert _result(job).visibility == "held"


@pytest.mark.parametrize(
    "asked", [{"engine": "classical"}, {"engine": "network", "envelope": {"gates": {
        "backproj_psnr_db": {"min": 0.0}}}}], ids=["classical", "another gate"],
)  # fmt: skip
def test_bicubic_and_an_order_with_its_own_gate_are_free_of_it(bench: Bench, asked: dict[str, Any]):
    job = _done("upscale", bench, picture=_keep(_static()), **asked)

    assert job.state == "succeeded", job.error_detail


def test_a_flat_picture_is_as_true_as_can_be(bench: Bench):
    white = Image.new("RGB", (20, 20), "white")

    job = _done("upscale", bench, picture=_keep(white), engine="network")

    assert job.state == "succeeded", job.error_detail
    assert _result(job).scores["notes"]["backproj_psnr_db"] == "identical"
