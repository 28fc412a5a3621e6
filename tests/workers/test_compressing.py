"""A job that makes a version smaller: what it tells, what it registers, and when it will not."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from db import admission, blobs, datasets, evaluations, versions
from db.engine import reading, transaction
from db.operations.compressing import MAX_DROP, Compress
from db.refusals import Refused
from db.tables.jobs import Job
from db.tables.versions import Version
from models import weights
from models.evaluation.findings import Measure
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.weights import Card
from tests import rows, tiny
from tests.rows import TENANT
from workers import register, run, training
from workers.training import EXIT_WRITTEN

CLASSIFIER = "classifier-fashion@1"


@pytest.fixture(autouse=True)
def shipped(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def test_each_measure_says_how_much_less_good_is_good_enough() -> None:
    assert set(MAX_DROP) == set(get_args(Measure))


def compressed(**operation: Any) -> Job:
    asked = {"version": CLASSIFIER, "dataset": "fashion-mnist-small", "seed": 1, **operation}
    job_id = rows.queued("compress", envelope={"operation": asked})
    rows.claim(queue="train")
    lease = rows.lease_of(rows.read(job_id))
    assert run.main(job_id, lease.owner, lease.token) == EXIT_WRITTEN
    return rows.read(job_id)


def made(job: Job) -> Version:
    with reading() as session:
        version = versions.of_job(session, job.id)
    assert version is not None
    return version


def test_a_quantised_version_is_a_candidate_that_says_what_it_was_and_is() -> None:
    job = compressed(how="quantise")

    version, told = made(job), job.report["compressed"]
    card = Card.from_json(version.card)
    file = blobs.get(TENANT, version.weights_key)
    assert (version.label, version.state) == ("classifier-fashion-quantised@1", "candidate")
    assert weights.read(file, card)
    assert told["bytes_after"] == len(file) < 0.6 * told["bytes_before"]
    assert told["drop"] == pytest.approx(told["score_before"] - told["score_after"], abs=1e-9)
    assert card.recipe["compressed"] == told
    assert not training.folder_of(job.id).exists()


def test_it_is_evaluated_beside_what_serves_so_that_it_can_be_promoted() -> None:
    job = compressed(how="quantise")

    with reading() as session:
        found = evaluations.newest(session, TENANT, made(job).id)
        serves = versions.serving(session, TENANT, "classifier")
    assert (found.incumbent_id, found.measure) == (serves.id, "accuracy")


@pytest.mark.parametrize("how", ["prune", "distill"])
def test_a_narrower_version_has_learnt_for_so_many_epochs(how: str) -> None:
    job = compressed(how=how, keep=0.5, epochs=2, batch_size=30, max_drop=1.0)

    told = job.report["compressed"]
    with reading() as session:
        epochs = datasets.epochs(session, job.id)
    assert (job.state, job.error_detail) == ("succeeded", None)
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert told["parameters_after"] < 0.3 * told["parameters_before"]
    assert Card.from_json(made(job).card).config["widths"] == [16, 32, 64]


def test_one_that_is_too_much_less_good_fails_and_is_not_registered() -> None:
    job = compressed(how="distill", keep=0.05, epochs=1, max_drop=0.1)

    with reading() as session:
        assert versions.of_job(session, job.id) is None
    assert (job.state, job.error_code) == ("failed", "below_gate")
    assert "it may be less good by 0.1" in job.error_detail
    assert not training.folder_of(job.id).exists()


def test_a_network_without_widths_is_quantised_and_not_pruned() -> None:
    job = compressed(version="vae-fashion@1", how="prune")

    assert (job.state, job.error_code) == ("failed", "not_narrower")


def test_a_generator_is_quantised_with_its_own_measure() -> None:
    job = compressed(version="vae-fashion@1", how="quantise", label="small-vae")

    assert (job.state, made(job).label) == ("succeeded", "small-vae@1")
    assert job.report["compressed"]["measure"] == "psnr_db"
    assert job.report["compressed"]["drop"] < 0.1


def test_pictures_of_a_category_that_the_version_does_not_know_are_refused(tmp_path: Path) -> None:
    config = ClassifierConfig(2, 1, (2, 2))
    card = Card("hats", "classifier", asdict(config), "", "CC0", "none", ("hat", "coat"))
    tiny.add(tmp_path, weights.write(ProductClassifier(config), tmp_path, card), state="candidate")

    job = compressed(version="hats@1", how="quantise")

    assert (job.state, job.error_code) == ("failed", "category_unknown")
    assert "hats@1 knows hat, coat; not t-shirt" in job.error_detail


def test_what_means_nothing_to_a_way_is_refused_by_its_name() -> None:
    with pytest.raises(ValidationError, match="keep means nothing to quantise"):
        Compress(version="a@1", dataset="d", how="quantise", keep=0.5)


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"version": "nobodys@1"}, "version_not_found", "version"),
        ({"dataset": "nobodys"}, "dataset_not_found", "dataset"),
    ],
    ids=["version", "dataset"],
)
def test_what_is_not_there_is_refused_before_there_is_a_job(
    told: dict[str, str], code: str, field: str
) -> None:
    asked = {"version": CLASSIFIER, "dataset": "fashion-mnist-small", "how": "quantise", **told}

    with pytest.raises(Refused) as refused, transaction() as session:
        admission.place(session, TENANT, rows.order("compress", operation=asked), key=None)

    assert (refused.value.code, refused.value.errors[0]["pointer"]) == (code, f"/operation/{field}")
