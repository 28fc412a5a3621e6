"""The child of a training job: what it writes when it ends, and when it cannot."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from db import blobs, clock, datasets, intake, pictures, registration, versions
from db.engine import reading, transaction
from db.operations.order import Order
from db.selection import Wanted
from db.tables.versions import Dataset
from models import images, labels
from models.labels import Label
from models.training.watch import Epoch, TrainingError
from models.weights import Card
from tests import factories, rows
from tests.furniture import libraries
from tests.models.training.test_run import files_of_at_most
from tests.rows import TENANT
from workers import device, ground, register, rendered, run, training
from workers.device import Device
from workers.learning import Reporter
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


def cancelled_after_an_epoch(monkeypatch: pytest.MonkeyPatch, **operation: object) -> str:
    """The id of a training that somebody cancels, and whose parent then ends it."""
    job_id = claimed(epochs=50, **operation)
    told = Reporter.epoch

    def epoch(reporter: Reporter, one: Epoch) -> None:
        told(reporter, one)
        rows.change(job_id, cancel_requested_at=clock.now())
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Reporter, "epoch", epoch)
    return job_id


def test_of_a_cancelled_run_the_best_so_far_is_a_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job_id = cancelled_after_an_epoch(monkeypatch, label="mine")

    code = train(job_id)

    with reading() as session:
        version = versions.of_job(session, job_id)
    assert (code, rows.read(job_id).state) == (EXIT_STOPPED, "running")  # its parent ends it
    assert version is not None
    assert (version.label, version.state) == ("mine@1", "candidate")
    card = Card.from_json(version.card)
    assert card.recipe["steps"] == 2  # of one epoch, of fifty
    assert card.scores["val_psnr_db"] is not None


def test_nothing_is_kept_of_what_had_come_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = cancelled_after_an_epoch(monkeypatch)

    def closed(*_: object, **__: object) -> None:
        raise TrainingError("mode_collapse", "it draws the same again and again")

    monkeypatch.setattr("workers.learning.run.closed", closed)

    code = train(job_id)

    with reading() as session:
        assert versions.of_job(session, job_id) is None
    assert (code, rows.read(job_id).state) == (EXIT_STOPPED, "running")


def test_every_epoch_is_a_row_with_its_memory_and_a_labelled_picture() -> None:
    job_id = claimed(epochs=2)

    train(job_id)

    with reading() as session:
        epochs = datasets.epochs(session, job_id)
    grids = [blobs.get(TENANT, epoch.grid_key) for epoch in epochs]
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert all(epoch.peak_memory_mb > 50 for epoch in epochs)
    assert grids[0] != grids[1]
    assert [labels.read(grid) for grid in grids] == [Label("generated", job_id)] * 2
    assert images.read(grids[0]).image.shape[2:] == (4 * 30, 8 * 30)


def test_a_target_that_is_reached_ends_the_job_well_and_early() -> None:
    job_id = claimed(epochs=50, target={"val_psnr_db": 1.0})

    train(job_id)

    job = rows.read(job_id)
    assert job.state == "succeeded"
    assert (job.report["ended"], job.report["epochs"]) == ("target", 1)


def test_a_target_that_is_missed_fails_the_job_and_registers_nothing() -> None:
    job_id = claimed(target={"val_psnr_db": 90.0})

    train(job_id)

    job = rows.read(job_id)
    with reading() as session:
        assert versions.of_job(session, job_id) is None
    assert (job.state, job.error_code) == ("failed", "target_not_reached")
    assert "val_psnr_db was to come to 90 and came to " in job.error_detail
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


def test_a_disk_that_fills_under_a_checkpoint_is_said_and_the_job_goes_on_when_there_is_room() -> (
    None
):
    job_id = claimed()

    with files_of_at_most(12_000_000):  # the weights alone are less, the checkpoint is more
        code = train(job_id)

    job = rows.read(job_id)
    assert (code, job.state, job.error_code) == (EXIT_WRITTEN, "queued", "disk_full")
    assert "no room on the worker's disk" in job.error_detail
    rows.is_due_now(job_id)
    rows.claim(queue="train")
    train(job_id)
    assert rows.read(job_id).state == "succeeded"


def test_a_loss_that_leaves_all_bounds_fails_the_job_and_registers_nothing() -> None:
    wild = {"optimizer": "sgd", "adversarial": "least_squares", "weight_decay": 1.0}
    job_id = claimed(network="gan", learning_rate=0.1, epochs=3, batch_size=8, **wild)

    train(job_id)

    job = rows.read(job_id)
    with reading() as session:
        assert versions.of_job(session, job_id) is None
    assert (job.state, job.error_code) == ("failed", "loss_not_finite")
    assert not training.folder_of(job_id).exists()


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


def registered(name: str, count: int, *, product: str | None = None) -> Dataset:
    """A dataset of so many pictures of one category."""
    wanted = []
    for number in range(count):
        data = factories.encoded(factories.shot(number), "PNG")
        checked = intake.check(data)
        blobs.put(TENANT, data)
        with transaction() as session:
            picture = pictures.register(session, TENANT, checked, name=None).picture
        wanted.append(Wanted(picture.id, "shoe", product))
    return registration.register(TENANT, name, wanted, licence=None)


def test_what_is_registered_while_a_job_waits_is_not_what_it_learns_from() -> None:
    first = registered("shoes", 30)
    job_id = claimed(dataset="shoes", batch_size=4)
    second = registered("shoes", 36)

    train(job_id)

    with reading() as session:
        version = versions.of_job(session, job_id)
        assert datasets.find(session, TENANT, "shoes").id == second.id
    assert version is not None
    assert version.dataset_id == first.id
    assert Card.from_json(version.card).data == "dataset shoes@1"


def test_a_generator_learns_from_one_product_though_nothing_is_held_out() -> None:
    registered("mug", 9, product="the mug")
    job_id = claimed(dataset="mug", network="gan", batch_size=4)

    train(job_id)

    assert rows.read(job_id).state == "succeeded"


def test_a_dataset_that_holds_nothing_out_fails_a_job_that_is_measured_on_it() -> None:
    registered("mug", 9, product="the mug")
    job_id = claimed(dataset="mug", network="vae")

    train(job_id)

    job = rows.read(job_id)
    assert (job.state, job.error_code) == ("failed", "dataset_unfit")


@pytest.mark.usefixtures("graphics")
def test_a_catalogue_that_must_be_rendered_tells_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furniture = libraries(tmp_path / "furniture", models=1)
    monkeypatch.setattr(rendered, "furniture", lambda: furniture)
    monkeypatch.setattr(ground, "TELL_EVERY_S", 0)
    register.register()
    job = rows.read(claimed(dataset="catalogue"))
    operation = Order.model_validate_json(job.request).operation

    own = torch.device("cpu")
    lease = rows.lease_of(job)
    found = ground.find(job, operation, lease, own=own, network="vae", image_size=64)

    assert found.images.name == "catalogue"
    assert rows.read(job.id).progress == {"rendered": 3, "models": 3}
