"""The child of a training job: what it writes when it ends, and when it cannot."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from db import blobs, versions
from db.engine import reading
from tests import rows
from tests.rows import TENANT
from workers import device, register, run, training
from workers.device import Device
from workers.training import EXIT_STOPPED, EXIT_WRITTEN


@pytest.fixture(autouse=True)
def small_dataset(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def claimed(**operation: object) -> str:
    asked = {
        "dataset": "fashion-mnist-small",
        "network": "vae",
        "epochs": 1,
        "batch_size": 90,
        **operation,
    }
    job_id = rows.queued("train", envelope={"operation": asked})
    rows.claim(queue="train")
    return job_id


def train(job_id: str) -> int:
    lease = rows.lease_of(rows.read(job_id))
    return run.main(job_id, lease.owner, lease.token)


def test_a_run_ends_as_a_version_and_leaves_nothing_behind() -> None:
    job_id = claimed(label="mine")

    code = train(job_id)

    job = rows.read(job_id)
    with reading() as session:
        version = versions.of_job(session, job_id)
    assert (code, job.state) == (EXIT_WRITTEN, "succeeded")
    assert version is not None
    assert (version.label, version.tenant, version.state) == ("mine@1", TENANT, "candidate")
    assert not training.folder_of(job_id).exists()


def test_a_run_is_on_its_worker_s_device_and_looks_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKER_DEVICE", "")
    monkeypatch.setattr(device, "found", lambda: [Device(torch.device("cuda:7"), "GPU-free")])
    job_id = claimed()  # by a worker on the CPU

    assert train(job_id) == EXIT_WRITTEN

    assert rows.read(job_id).state == "succeeded"


def test_no_room_for_the_weights_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = claimed()

    def full(tenant: str, data: bytes) -> str:
        raise blobs.StorageFull(28, f"no room for {len(data)} bytes of {tenant}")

    monkeypatch.setattr(blobs, "put", full)

    code = train(job_id)

    job = rows.read(job_id)
    assert (code, job.state, job.attempt) == (EXIT_WRITTEN, "queued", 1)
    assert job.error_code == "storage"
    assert rows.claim(queue="train") == []  # not at once: it waits its back-off
    assert training.folder_of(job_id).exists()  # and goes on from its checkpoint


def test_a_run_that_lost_its_lease_writes_no_version() -> None:
    job_id = claimed()
    lease = rows.lease_of(rows.read(job_id))
    rows.change(job_id, lease_token=lease.token + 1)

    code = run.main(job_id, lease.owner, lease.token)

    with reading() as session:
        assert versions.of_job(session, job_id) is None
    assert code in (EXIT_STOPPED, EXIT_WRITTEN)
    assert rows.read(job_id).state == "running"


def test_a_dataset_that_is_gone_fails_the_job_by_name() -> None:
    job_id = claimed(dataset="nobody")

    train(job_id)

    job = rows.read(job_id)
    assert (job.state, job.error_code) == ("failed", "dataset_not_found")
