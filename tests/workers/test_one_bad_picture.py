"""One bad picture in a batch of sixteen, through a real worker: fifteen succeed."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from db import attempts, blobs, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.results import Result
from tests import factories, rows, tiny
from tests.rows import TENANT
from tests.workers import started
from tests.workers.started import until, worker

pytestmark = pytest.mark.usefixtures("home")

SIDE = 64
# The network answers every picture but one with a mark of magenta in it.
STUMBLES = """
import torch
from models.networks.denoiser import Denoiser

answer = Denoiser.denoise
mark = torch.tensor([1.0, 0.0, 1.0]).view(1, 3, 1, 1)

def denoise(self, x, sigma):
    if (x == mark).all(dim=1).any():
        raise ValueError("a marked picture")
    return answer(self, x, sigma)

Denoiser.denoise = denoise
"""


def _keep(*, seed: int, marked: bool) -> str:
    """The id of a noisy picture that passed the door."""
    levels = np.random.default_rng(seed).integers(40, 200, (SIDE, SIDE, 3), dtype=np.uint8)
    if marked:
        levels[20:24, 20:24] = (255, 0, 255)
    data = factories.encoded(Image.fromarray(levels), "PNG")
    key = blobs.put(TENANT, data)
    checked = Checked(key, "png", len(data), SIDE, SIDE, "RGB", factories.LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _denoise(*, seed: int, marked: bool = False) -> str:
    operation = {"picture": _keep(seed=seed, marked=marked), "sigma": 25}
    return rows.queued("denoise", envelope={"operation": operation}, max_attempts=2)


@pytest.mark.journey
def test_of_sixteen_jobs_with_one_bad_picture_fifteen_succeed(home: Path):
    version = tiny.denoiser(home / "weights")
    good = [_denoise(seed=seed) for seed in range(15)]
    bad = _denoise(seed=99, marked=True)
    over = {"succeeded", "dead", "failed"}

    # All of them wait for the last to come: without it fifteen would not be a batch.
    together = {"WORKER_HANDS": "16", "WORKER_BATCH_WAIT_MS": "2000", "WORKER_LEASE_S": "3"}
    with worker(home, program=STUMBLES, **together) as one:
        until(lambda: all(rows.read(job_id).state in over for job_id in (*good, bad)), one)
        until(lambda: _numbers(one).get("batches", 0) >= 2, one)
        numbers = _numbers(one)

    assert [rows.read(job_id).state for job_id in good] == ["succeeded"] * 15
    assert [rows.read(job_id).attempt for job_id in good] == [1] * 15
    job = rows.read(bad)
    assert (job.state, job.error_code, job.attempt) == ("dead", "unexpected", 2)
    assert job.error_detail == "ValueError: a marked picture"
    assert _errors(bad) == ["ValueError: a marked picture"] * 2
    assert numbers["bisections"] > 0
    assert numbers["networks"].keys() == {version.label}
    _every_picture_is_there(good)


def _numbers(one: started.Started) -> dict[str, object]:
    row = started.row(one)
    return {} if row is None else row.numbers or {}


def _errors(job_id: str) -> list[str | None]:
    with reading() as session:
        return [one.error for one in attempts.of(session, job_id)]


def _every_picture_is_there(job_ids: list[str]) -> None:
    with reading() as session:
        results = session.scalars(select(Result)).all()
    assert {one.job_id for one in results} == set(job_ids)
    for one in results:
        with Image.open(io.BytesIO(blobs.get(TENANT, one.blob_key))) as picture:
            assert picture.size == (SIDE, SIDE)
        assert one.model_version == "tiny@1"
