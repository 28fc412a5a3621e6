"""A training job that begins with a version: of the shop's own, or one that ships."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import admission, blobs, versions
from db.engine import reading, transaction
from db.refusals import Refused
from db.tables.jobs import Job
from models import weights
from models.weights import Card
from tests import rows
from tests.rows import TENANT
from workers import register, run

SHIPPED = "vae-fashion@1"


@pytest.fixture(autouse=True)
def shipped(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def trained(**operation: Any) -> Job:
    vae = {"dataset": "fashion-mnist-small", "network": "vae", "epochs": 1, "batch_size": 90}
    job_id = rows.queued("train", envelope={"operation": vae | operation})
    rows.claim(queue="train")
    lease = rows.lease_of(rows.read(job_id))
    run.main(job_id, lease.owner, lease.token)
    return rows.read(job_id)


def placed(**operation: Any) -> Refused:
    asked = {"dataset": "fashion-mnist-small", "network": "vae", **operation}
    with pytest.raises(Refused) as refused, transaction() as session:
        admission.place(session, TENANT, rows.order("train", operation=asked), key=None)
    return refused.value


def test_its_report_and_card_say_with_what_it_began_and_how_good_that_was() -> None:
    scratch = trained()

    job = trained(start_from=SHIPPED, freeze=["encoder"], learning_rate=1e-4)

    with reading() as session:
        parent = versions.find(session, TENANT, SHIPPED)
        made = versions.of_job(session, job.id)
    recipe = Card.from_json(made.card).recipe
    assert (job.state, job.error_detail) == ("succeeded", None)
    assert (job.report["start_from"], job.report["start_anew"]) == (SHIPPED, [])
    assert job.report["start_val_psnr_db"] > scratch.report["val_psnr_db"] + 3
    assert (recipe["start_sha256"], recipe["freeze"]) == (parent.weights_key, ["encoder"])
    before, after = (
        weights.read(blobs.get(one.tenant, one.weights_key), Card.from_json(one.card))
        for one in (parent, made)
    )
    frozen = [name for name in before.state_dict() if name.startswith("encoder.")]
    assert all((before.state_dict()[n] == after.state_dict()[n]).all() for n in frozen)


def test_a_version_of_other_shapes_fails_the_job() -> None:
    job = trained(start_from=SHIPPED, blocks="attention")

    assert (job.state, job.error_code) == ("failed", "start_unfit")
    assert "blocks residual there, attention here" in job.error_detail


def test_a_part_that_the_network_has_not_fails_the_job() -> None:
    job = trained(start_from=SHIPPED, freeze=["stem"])

    assert (job.state, job.error_code) == ("failed", "part_unknown")


def test_a_version_of_another_network_is_refused_before_there_is_a_job() -> None:
    refused = placed(start_from="gan-fashion@1")

    assert (refused.code, refused.errors[0]["pointer"]) == ("start_unfit", "/operation/start_from")


def test_a_version_that_is_not_there_is_refused() -> None:
    refused = placed(start_from="nobodys@7")

    assert refused.code == "version_not_found"
    assert refused.errors[0]["pointer"] == "/operation/start_from"
