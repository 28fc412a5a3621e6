"""Trainings of what is hardly fit to learn from: a plain end each, and nothing half registered."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from db import blobs, datasets, evaluations, intake, pictures, registration, versions
from db.engine import reading, transaction
from db.selection import Wanted
from db.tables.all import Version
from db.tables.jobs import Job
from db.tables.versions import Dataset
from models.weights import Card
from tests import factories, rows
from tests.rows import TENANT
from workers import register, run, training
from workers.training import EXIT_WRITTEN

QUICK = {"network": "vae", "epochs": 1, "batch_size": 8}


@pytest.fixture(autouse=True)
def shipped(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def done(op: str = "train", **operation: Any) -> Job:
    job_id = rows.queued(op, envelope={"operation": operation})
    rows.claim(queue="train")
    lease = rows.lease_of(rows.read(job_id))
    assert run.main(job_id, lease.owner, lease.token) == EXIT_WRITTEN
    return rows.read(job_id)


def made_by(job: Job) -> Version:
    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        version = versions.of_job(session, job.id)
    assert version is not None
    return version


def registered(**numbers: range) -> Dataset:
    """The next version of `shop`, with pictures of these numbers in each category."""
    wanted = [
        Wanted(_picture(number), category)
        for category, several in numbers.items()
        for number in several
    ]
    return registration.register(TENANT, "shop", wanted, licence=None)


def _picture(number: int) -> str:
    data = factories.encoded(factories.shot(number), "PNG")
    checked = intake.check(data)
    blobs.put(TENANT, data)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def kept(home: Path) -> tuple[int, int]:
    """Versions, and files in the store."""
    with reading() as session:
        rows_of_versions = session.scalar(select(func.count()).select_from(Version)) or 0
    return rows_of_versions, sum(path.is_file() for path in (home / "blobs").rglob("*"))


def test_a_batch_larger_than_the_dataset_is_the_dataset() -> None:
    small = {"dataset": "fashion-mnist-small", "max_images": 40}

    job = done(**QUICK | small | {"batch_size": 1024})

    recipe = Card.from_json(made_by(job).card).recipe
    assert recipe["pictures_a_step"] == recipe["training_pictures"] < 1024
    assert recipe["steps"] == 1


@pytest.mark.slow  # two trainings and an evaluation
def test_a_category_that_vanished_is_not_learnt_and_the_rest_is_compared(home: Path) -> None:
    registered(boot=range(12), shoe=range(12, 30))
    before = made_by(done(dataset="shop", **QUICK))
    registered(shoe=range(12, 30))

    after = made_by(done(dataset="shop", start_from=before.id, **QUICK))
    judged = done("evaluate", version=before.id, dataset="shop")

    assert Card.from_json(before.card).categories == ("boot", "shoe")
    assert Card.from_json(after.card).categories == ("shoe",)
    assert judged.state == "succeeded", judged.error_detail
    with reading() as session:
        found = evaluations.newest(session, TENANT, before.id)
        dataset = datasets.find(session, TENANT, "shop")
    assert found is not None
    assert found.pictures == sum(one["split"] == "validation" for one in dataset.manifest)


@pytest.mark.parametrize(
    ("numbers", "network", "code"),
    [
        ({"shoe": range(20)}, "classifier", "dataset_unfit"),
        ({"shoe": range(3)}, "vae", "dataset_too_small"),
        ({"shoe": range(20)}, "matte", "dataset_too_small"),
    ],
    ids=["the other category vanished", "three pictures", "nothing is cut out"],
)
def test_what_cannot_be_learnt_from_fails_by_its_name_and_leaves_nothing(
    home: Path, numbers: dict[str, range], network: str, code: str
) -> None:
    registered(**numbers)
    before = kept(home)

    job = done(dataset="shop", **QUICK | {"network": network})

    assert (job.state, job.error_code) == ("failed", code)
    assert kept(home) == before
    assert not training.folder_of(job.id).exists()


def test_a_loss_that_leaves_all_bounds_leaves_no_version_and_no_file(home: Path) -> None:
    before = kept(home)
    wild = {"optimizer": "sgd", "adversarial": "least_squares", "weight_decay": 1.0}

    job = done(
        dataset="fashion-mnist-small", network="gan", learning_rate=0.1, max_images=40,
        epochs=9, batch_size=4, **wild,
    )  # fmt: skip

    assert (job.state, job.error_code) == ("failed", "loss_not_finite")
    assert kept(home)[0] == before[0]
    assert not training.folder_of(job.id).exists()
