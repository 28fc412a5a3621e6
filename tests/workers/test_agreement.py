"""Pictures that are drawn by category are judged by a classifier that knows the categories."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import select

from db import blobs, versions
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.tables.jobs import Job
from db.tables.results import Result
from models import weights
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.weights import Card
from tests import benches, rows, tiny
from tests.shots import keep
from workers.perform import Bench, perform
from workers.register import NAMED_ONLY
from workers.serving import Serving

FASHION = ("gan-fashion", "vae-fashion", "classifier-fashion")


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=64) as bench:
        yield bench


def ship(*names: str) -> None:
    """Register these of what ships, as `packshot init` does."""
    for path, card in weights.shipped():
        if card.name in names:
            state = "candidate" if card.name in NAMED_ONLY else "serving"
            tiny.add(path.parent, card, tenant=SHIPPED, state=state)


def eye(home: Path, categories: tuple[str, ...], *, name: str = "eye", says: int = 0) -> str:
    """The label of a small classifier of the shop's that serves and always says the same."""
    network = ProductClassifier(ClassifierConfig(len(categories), 3, (4, 8))).eval()
    with torch.no_grad():
        network.out.weight.zero_()
        network.out.bias.zero_()[says] = 2.0
    config = {"categories": len(categories), "channels": 3, "widths": [4, 8]}
    card = Card(name, "classifier", config, "", "CC0", "none", categories, {"side_px": 32})
    return tiny.add(home / name, weights.write(network, home / name, card)).label


def done(bench: Bench, op: str, *, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    job_id = rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    with reading() as session:
        rows.change(job_id, versions=Serving().versions(session, job))
    perform(rows.read(job_id), bench)
    job = rows.read(job_id)
    assert job.state == "succeeded", job.error_detail
    return job


def results(job: Job) -> list[Result]:
    with reading() as session:
        of_job = select(Result).where(Result.job_id == job.id).order_by(Result.ordinal)
        return list(session.scalars(of_job))


def agreements(job: Job) -> list[dict[str, Any]]:
    return [one.scores["details"]["agreement"] for one in results(job)]


def test_what_a_classifier_says_of_each_picture_is_told_with_the_share_that_agrees(bench: Bench):
    ship(*FASHION)

    job = done(bench, "sample", category="Ankle Boot", n=6, seed=11)

    told, report = agreements(job), job.report or {}
    assert {one["category"] for one in told} == {"ankle boot"}
    assert {one["by"] for one in told} == {"classifier-fashion@1"}
    agree = [one["found_category"] == "ankle boot" for one in told]
    assert report["class_agreement"] == pytest.approx(sum(agree) / 6, abs=1e-4)
    assert report["class_agreement"] > 0.5
    assert report["class_agreement_by"] == "classifier-fashion@1"


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_it_says_of_a_delivered_file_what_classify_says_of_it(bench: Bench, kind: str):
    ship(*FASHION)
    job = done(bench, "sample", n=3, seed=4, envelope={"output": {"format": kind, "quality": 40}})

    for row, told in zip(results(job), agreements(job), strict=True):
        picture = keep(blobs.get(row.tenant, row.blob_key))
        said = done(bench, "classify", picture=picture, top_k=10).report or {}
        known = {one["category"]: one["probability"] for one in said["categories"]}

        assert told["found_category"] == said["category"]
        assert told["category_probability"] == pytest.approx(known[told["category"]], abs=1e-4)


def test_where_categories_take_turns_each_picture_is_asked_for_its_own(bench: Bench):
    ship(*FASHION)

    job = done(bench, "sample", network="vae", n=11, seed=3)

    told = agreements(job)
    assert [told[0]["category"], told[1]["category"]] == ["t-shirt", "trousers"]
    assert told[10]["category"] == "t-shirt"
    agree = [one["found_category"] == one["category"] for one in told]
    assert (job.report or {})["class_agreement"] == pytest.approx(sum(agree) / 11, abs=1e-4)


def test_of_those_that_ship_the_one_that_knows_the_categories_judges(bench: Bench):
    ship("gan-catalogue", *FASHION, "classifier-catalogue")

    job = done(bench, "sample", version="gan-catalogue@1", category="seating", n=2, seed=11)

    assert (job.report or {})["class_agreement_by"] == "classifier-catalogue@1"
    assert 0 <= agreements(job)[0]["category_probability"] <= 1


def test_where_no_classifier_knows_the_categories_there_is_a_reason_and_no_number(bench: Bench):
    ship("gan-catalogue", *FASHION)

    job = done(bench, "sample", version="gan-catalogue@1", category="seating", n=2, seed=11)

    report = job.report or {}
    assert (report["class_agreement"], report["class_agreement_by"]) == (None, None)
    assert report["class_agreement_why"].endswith("knows every category of gan-catalogue@1")
    assert agreements(job) == 2 * [
        {
            "category": "seating",
            "category_probability": None,
            "found_category": None,
            "by": None,
            "why": report["class_agreement_why"],
        }
    ]


def test_the_shops_own_judges_before_the_one_that_ships(bench: Bench, home: Path):
    ship(*FASHION)
    known = next(one.categories for _, one in weights.shipped() if one.name == "gan-fashion")
    own = eye(home, (*(one.upper() for one in reversed(known)), "hat"), says=-1)

    job = done(bench, "sample", category="bag", n=2, seed=11)

    told = agreements(job)
    assert [one["found_category"] for one in told] == ["hat", "hat"]
    # Of eleven it is e² times as sure of one as of each other.
    assert told[0]["category_probability"] == pytest.approx(1 / (10 + torch.e**2), abs=1e-5)
    assert (job.report or {}) | {"class_agreement": 0.0, "class_agreement_by": own} == job.report


def test_the_shops_own_that_lacks_a_category_leaves_it_to_the_one_that_ships(
    bench: Bench, home: Path
):
    ship(*FASHION)
    eye(home, ("bag", "dress"))

    job = done(bench, "sample", category="bag", n=1, seed=11)

    assert (job.report or {})["class_agreement_by"] == "classifier-fashion@1"


def test_another_shops_classifier_and_one_that_was_retired_judge_nothing(bench: Bench, home: Path):
    ship("gan-fashion", "vae-fashion")
    known = next(one.categories for _, one in weights.shipped() if one.name == "gan-fashion")
    eye(home, known)
    with transaction() as session:
        versions.find(session, rows.TENANT, "eye@1").state = "retired"
    path, card = next(one for one in weights.shipped() if one[1].name == "classifier-fashion")
    tiny.add(path.parent, card, tenant="another")

    job = done(bench, "sample", category="bag", n=1, seed=11)

    assert "none that ships" in (job.report or {})["class_agreement_why"]


def test_variants_of_a_picture_are_judged_as_well(bench: Bench):
    ship(*FASHION)
    source = results(done(bench, "sample", network="vae", category="bag", n=1, seed=11))[0]

    job = done(bench, "vary", picture=source.id, category="bag", n=2, seed=1)

    assert [one["category"] for one in agreements(job)] == ["bag", "bag"]
    assert (job.report or {})["class_agreement_by"] == "classifier-fashion@1"


def test_what_is_drawn_to_a_taste_is_judged_as_well(bench: Bench):
    ship(*FASHION)
    liked = results(done(bench, "sample", network="vae", category="bag", n=2, seed=11))

    job = done(bench, "personalize", liked=[one.id for one in liked], category="bag", n=2, seed=1)

    assert [one["category"] for one in agreements(job)] == ["bag", "bag"]


def test_an_operation_that_draws_no_category_tells_of_none(bench: Bench):
    ship(*FASHION)
    source = results(done(bench, "sample", network="vae", category="bag", n=1, seed=11))[0]

    job = done(bench, "reconstruct", picture=source.id)

    assert "class_agreement" not in (job.report or {})
