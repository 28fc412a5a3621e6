"""A version is measured by the child of its job, beside what serves the shop then."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import blobs, datasets, evaluations, promotions, versions
from db.engine import reading, transaction
from db.tables.jobs import Job
from db.tables.promotions import Evaluation
from tests import rows
from tests.factories import NOWHERE, encoded, shot
from tests.rows import TENANT
from workers import register, run
from workers.training import EXIT_WRITTEN

SMALL = "fashion-mnist-small"


@pytest.fixture(autouse=True)
def small_dataset(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def _done(op: str, **operation: Any) -> Job:
    job_id = rows.queued(op, envelope={"operation": {"dataset": SMALL, **operation}})
    rows.claim(queue="train")
    lease = rows.lease_of(rows.read(job_id))
    assert run.main(job_id, lease.owner, lease.token) == EXIT_WRITTEN
    return rows.read(job_id)


def _trained(**operation: Any) -> Job:
    return _done(
        "train", **{"network": "vae", "epochs": 1, "batch_size": 30, "seed": 3} | operation
    )


def _version_of(job: Job) -> str:
    with reading() as session:
        version = versions.of_job(session, job.id)
    assert version is not None
    return version.id


def _card(version: str) -> dict[str, Any]:
    with reading() as session:
        card: dict[str, Any] = json.loads(versions.get(session, version).card)
    return card


def _evaluated(version: str) -> Evaluation:
    with reading() as session:
        found = evaluations.newest(session, TENANT, version)
    assert found is not None
    return found


def test_a_training_ends_with_its_version_measured_beside_what_serves() -> None:
    job = _trained()

    version = _version_of(job)
    found = _evaluated(version)
    with reading() as session:
        serving = versions.serving(session, TENANT, "vae")
    assert found.incumbent_id == serving.id  # the one that ships with us
    assert (found.tenant, found.job_id, found.measure) == (TENANT, job.id, "psnr_db")
    assert found.told["baseline"] == "32 principal components"
    assert found.incumbent is not None  # of the same categories, size and colours
    assert found.incumbent > found.value  # one epoch of two hundred pictures
    assert not found.beats_incumbent
    assert job.report is not None
    assert job.report["evaluation"]["value"] == found.value
    assert set(found.told["categories"]) == set(_card(version)["categories"])


def test_its_card_has_the_scores_beside_the_baselines() -> None:
    version = _version_of(_trained())

    found = _evaluated(version)
    card = _card(version)
    assert card["scores"]["psnr_db"] == found.value
    assert card["baseline"] == {"psnr_db": found.baseline}


@pytest.mark.slow
def test_a_generator_is_measured_by_its_samples_and_refused_while_they_are_poor() -> None:
    version = _version_of(_trained(network="gan"))

    found = _evaluated(version)
    assert found.measure == "kernel_distance"
    assert found.value > found.baseline  # one epoch is farther away than no network at all
    assert found.told["over_incumbent"]["ahead"] < 0  # what ships has learnt for an hour
    assert 0 <= found.told["scores"]["cas"] <= 1
    with transaction() as session, pytest.raises(promotions.NotBetter, match="kernel_distance"):
        promotions.promote(session, TENANT, version, by=None)


def test_a_classifier_is_trained_and_measured_picture_by_picture() -> None:
    version = _version_of(_trained(network="classifier", epochs=2))

    found = _evaluated(version)
    with reading() as session:
        serving = versions.serving(session, TENANT, "classifier")
    assert (found.measure, found.incumbent_id) == ("accuracy", serving.id)
    assert found.value == found.told["scores"]["accuracy"]
    assert found.incumbent > found.value
    assert not found.beats_incumbent
    with transaction() as session, pytest.raises(promotions.NotBetter, match="accuracy"):
        promotions.promote(session, TENANT, version, by=None)


def test_a_version_is_measured_anew_beside_what_serves_now() -> None:
    first, second = _version_of(_trained()), _version_of(_trained(epochs=3))
    with transaction() as session:
        promotions.promote(session, TENANT, first, by=None, force=True)

    job = _done("evaluate", version=second)

    found = _evaluated(second)
    assert job.state == "succeeded"
    assert job.report is not None
    assert found.job_id == job.id
    assert found.incumbent_id == first
    assert job.report["evaluation"]["over_incumbent"]["pictures"] == found.pictures
    # Three epochs are better than one of the same seed, on pictures that neither saw.
    assert found.value > _evaluated(first).value


def test_what_serves_follows_nobody() -> None:
    first = _version_of(_trained())
    with transaction() as session:
        promotions.promote(session, TENANT, first, by=None, force=True)

    _done("evaluate", version=first)

    assert _evaluated(first).incumbent_id is None


def test_the_same_pictures_have_the_same_digest() -> None:
    first, second = _version_of(_trained()), _version_of(_trained(epochs=2))

    assert _evaluated(first).digest == _evaluated(second).digest


def _dataset(name: str, category: str, *, count: int = 30) -> str:
    """A shop's own pictures of one category, 80 pixels a side; of the old kind, without splits."""
    with transaction() as session:
        manifest = [
            {
                "picture": NOWHERE,
                "sha256": blobs.put(TENANT, encoded(shot(number, 80), "PNG")),
                "category": category,
            }
            for number in range(count)
        ]
        return datasets.add(
            session,
            tenant=TENANT,
            name=name,
            kind=datasets.PICTURES,
            pictures=count,
            categories=[category],
            manifest=manifest,
            licence=None,
        ).name


def test_pictures_are_read_as_large_as_the_version_learnt_from_them() -> None:
    large = _dataset("large", "teapot")
    version = _version_of(_trained(dataset=large, image_size=64, batch_size=8))
    before = _evaluated(version)

    _done("evaluate", version=version, dataset=large)

    again = _evaluated(version)
    assert again.id != before.id
    assert (again.digest, again.value) == (before.digest, before.value)


def test_a_version_on_pictures_of_other_categories_is_refused() -> None:
    teapots = _dataset("teapots", "teapot")
    version = _version_of(_trained())

    job = _done("evaluate", version=version, dataset=teapots)

    assert (job.state, job.error_code) == ("failed", "nothing_held_out")
