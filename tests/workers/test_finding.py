"""A product that a network of the shop's finds, as jobs: chosen, recorded, held against another."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from db import blobs
from db.engine import reading
from db.tables.jobs import Job
from db.tables.results import Result
from db.versions import VersionNotFound
from tests import benches, factories, rows, tiny
from tests.rows import TENANT
from tests.shots import keep
from workers.perform import Bench, perform
from workers.serving import Serving


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


@pytest.fixture
def served(home: Path, tmp_path: Path) -> None:
    tiny.matte(tmp_path)


def _picture(handle: str = "white") -> str:
    """Something dark before white, with something beside it that belongs to it."""
    picture = Image.new("RGB", (160, 120), "white")
    picture.paste((20, 30, 60), (40, 30, 100, 100))
    picture.paste(handle, (100, 45, 130, 85))
    return keep(factories.encoded(picture, "PNG"))


def _done(op: str, bench: Bench, **given: Any) -> Job:
    rows.queued(op, envelope={"operation": given})
    (job,) = rows.claim()
    with reading() as session:
        rows.change(job.id, versions=Serving().versions(session, job))
    perform(rows.read(job.id), bench)
    return rows.read(job.id)


def _result(job: Job) -> Result:
    with reading() as session:
        return session.query(Result).filter_by(job_id=job.id).one()


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("op", ["cutout", "background", "place", "shadow"])
def test_who_seeks_a_product_may_ask_the_network_that_serves(bench: Bench, op: str):
    job = _done(op, bench, picture=_picture(), engine="network")

    assert job.state == "succeeded", job.error_detail
    assert job.report is not None
    assert job.report["engine"] == "network"
    result = _result(job)
    assert result.model_version == "tiny@1"
    assert result.scores["mask_agreement"] > 0.9


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("op", ["cutout", "background", "place", "shadow"])
def test_unasked_the_classical_engine_finds_it(bench: Bench, op: str):
    job = _done(op, bench, picture=_picture())

    assert job.state == "succeeded", job.error_detail
    assert job.report is not None
    assert (job.report["engine"], _result(job).model_version) == ("classical", None)


@pytest.mark.usefixtures("served")
def test_a_handle_that_the_network_drops_leaves_the_proof_open(bench: Bench):
    job = _done("cutout", bench, picture=_picture(handle="#d8c090"), engine="network")

    result = _result(job)
    assert result.scores["mask_agreement"] < 0.9
    assert result.unproven is True


@pytest.mark.usefixtures("served")
def test_a_pipeline_says_of_each_step_what_found_the_product(bench: Bench):
    steps = [
        {"op": "cutout", "engine": "network", "version": "tiny@1"},
        {"op": "place", "width": 200, "height": 200},
    ]

    job = _done("pipeline", bench, picture=_picture(), steps=steps)

    assert job.state == "succeeded", job.error_detail
    assert job.report is not None
    assert job.report["0.engine"] == "network"
    pixels = np.asarray(Image.open(io.BytesIO(blobs.get(TENANT, _result(job).blob_key))))
    assert pixels.shape == (200, 200, 3)


def test_where_no_network_serves_the_job_is_refused(home: Path):
    rows.queued("cutout", envelope={"operation": {"picture": _picture(), "engine": "network"}})
    (job,) = rows.claim()

    with reading() as session, pytest.raises(VersionNotFound):
        Serving().versions(session, job)
