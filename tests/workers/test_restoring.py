"""Networks that restore or translate learn from a shop's pictures by a job, and are measured."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from PIL import Image

from db import blobs, datasets, evaluations, versions
from db.engine import reading, transaction
from db.tables.jobs import Job
from models.data import photographs
from models.weights import Card
from tests import rows
from tests.cutouts import discs, grounds
from tests.factories import NOWHERE, encoded, shot
from tests.rows import TENANT
from workers import register, run
from workers.training import EXIT_WRITTEN


@pytest.fixture(autouse=True)
def shipped(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def _photographs(name: str, *, count: int = 10, side: int = 128) -> str:
    """A shop's own pictures, of which the last two are held out."""
    manifest = [
        {
            "picture": NOWHERE,
            "sha256": blobs.put(TENANT, encoded(shot(number, side), "PNG")),
            "category": "teapot",
            "product": f"teapot {number}",
            "split": "validation" if number >= count - 2 else "train",
            "side_px": side,
        }
        for number in range(count)
    ]
    with transaction() as session:
        return datasets.add(
            session,
            tenant=TENANT,
            name=name,
            kind=datasets.PICTURES,
            pictures=count,
            categories=["teapot"],
            manifest=manifest,
            licence=None,
        ).name


def _trained(**operation: Any) -> Job:
    asked = {"network": "denoiser", "epochs": 1, "batch_size": 4, "seed": 3, **operation}
    job_id = rows.queued("train", envelope={"operation": asked})
    rows.claim(queue="train")
    lease = rows.lease_of(rows.read(job_id))
    assert run.main(job_id, lease.owner, lease.token) == EXIT_WRITTEN
    return rows.read(job_id)


def test_a_denoiser_trained_by_a_job_is_measured_beside_the_one_that_ships() -> None:
    job = _trained(dataset=_photographs("teapots"))

    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        version = versions.of_job(session, job.id)
        assert version is not None
        found = evaluations.newest(session, TENANT, version.id)
        serving = versions.serving(session, TENANT, "denoiser")
    assert found is not None
    assert found.incumbent_id == serving.id
    assert found.incumbent is not None  # although it learnt from photographs of no such category
    assert (found.pictures, found.told["baseline"]) == (2, "non-local means")
    assert Card.from_json(version.card).network == "denoiser"


def test_pictures_without_a_window_fail_the_job_and_say_so() -> None:
    job = _trained(dataset=_photographs("small", side=96))

    assert (job.state, job.error_code) == ("failed", "dataset_too_small")
    assert job.error_detail is not None
    assert "0 pictures of 128 px a side" in job.error_detail


def test_an_upscaler_is_trained_for_the_scale_that_is_asked_for() -> None:
    job = _trained(dataset=_photographs("teapots"), network="upscaler", scale=4)

    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        version = versions.of_job(session, job.id)
    assert version is not None
    assert Card.from_json(version.card).config["scale"] == 4
    assert job.report is not None
    assert job.report["evaluation"]["measure"] == "y_psnr_db"
    assert job.report["evaluation"]["baseline"] == "bicubic"


def test_a_translator_is_trained_on_a_shops_own_pictures() -> None:
    job = _trained(dataset=_photographs("teapots"), network="translator", image_size=64)

    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        version = versions.of_job(session, job.id)
    assert version is not None
    card = Card.from_json(version.card)
    assert (card.config["image_size"], card.recipe["adversarial"]) == (64, "hinge")
    assert job.report is not None
    assert job.report["evaluation"]["baseline"] == "the training picture with the nearest edges"


def test_a_style_is_trained_on_a_shops_own_pictures_and_measured_beside_what_ships() -> None:
    job = _trained(dataset=_photographs("teapots"), network="style")

    assert job.state == "succeeded", job.error_detail
    with reading() as session:
        version = versions.of_job(session, job.id)
        assert version is not None
        found = evaluations.newest(session, TENANT, version.id)
        serving = versions.serving(session, TENANT, "style")
    assert found is not None
    assert found.incumbent_id == serving.id
    assert (found.pictures, found.told["baseline"]) == (2, "half the size, enlarged again")


def _cut_out(name: str, *, opaque: int = 0, count: int = 12) -> str:
    """Discs on nothing, of which the last two are held out; the first so many have a ground."""
    drawn = [Image.fromarray(one.permute(1, 2, 0).numpy(), "RGBA") for one in discs(count, side=64)]
    manifest = [
        {
            "picture": NOWHERE,
            "sha256": blobs.put(TENANT, encoded(_opaque(one, number < opaque), "PNG")),
            "category": "disc",
            "product": f"disc {number}",
            "split": "validation" if number >= count - 2 else "train",
            "side_px": 64,
        }
        for number, one in enumerate(drawn)
    ]
    with transaction() as session:
        return datasets.add(
            session, tenant=TENANT, name=name, kind=datasets.PICTURES, pictures=count,
            categories=["disc"], manifest=manifest, licence=None,
        ).name  # fmt: skip


def _opaque(one: Image.Image, has_ground: bool) -> Image.Image:  # noqa: FBT001
    return one.convert("RGB") if has_ground else one


def test_a_matte_is_trained_on_what_a_shop_has_cut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.lessons.cutouts.photographed", lambda _folder: grounds(side=80))

    job = _trained(dataset=_cut_out("discs", opaque=2), network="matte", image_size=64)

    assert job.state == "succeeded", job.error_detail
    assert job.report is not None
    found = job.report["evaluation"]
    assert (found["measure"], found["pictures"]) == ("iou", 2)
    assert found["baseline"] == "the classical cut-out"
    with reading() as session:
        version = versions.of_job(session, job.id)
    assert version is not None
    assert Card.from_json(version.card).recipe["training_pictures"] == 8


def test_too_few_cut_outs_fail_the_job_and_say_so() -> None:
    job = _trained(dataset=_cut_out("discs", opaque=3), network="matte")

    assert (job.state, job.error_code) == ("failed", "no_transparency")
    assert job.error_detail is not None
    assert "7 to learn from and 2 held out are cut out" in job.error_detail


def test_without_photographs_a_matte_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_folder: Path) -> NoReturn:
        raise photographs.NoPhotographsError

    monkeypatch.setattr("workers.lessons.cutouts.photographed", nothing)

    job = _trained(dataset=_cut_out("discs"), network="matte")

    assert (job.state, job.error_code) == ("failed", "dataset_missing")
