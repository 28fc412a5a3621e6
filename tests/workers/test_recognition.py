"""`classify`, `embed` and `search` as jobs: what is told, of which version, and no picture."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import blobs, embeddings, erasure, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.embeddings import Embedding
from db.tables.jobs import Job
from db.tables.results import Result
from db.tables.stages import Stage
from models import weights
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.weights import Card
from tests import benches, factories, rows, tiny
from tests.factories import LOOK
from tests.rows import TENANT
from workers.perform import Bench, perform
from workers.serving import Serving

CATEGORIES = ("bag", "boot", "coat")


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=64) as bench:
        yield bench


def eye(home: Path, name: str = "eye", *, seed: int = 0) -> str:
    """The label of a small one that serves, of three categories in colour."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = ProductClassifier(ClassifierConfig(3, 3, (4, 8))).eval()
    config = {"categories": 3, "channels": 3, "widths": [4, 8]}
    told: dict[str, Any] = {"side_px": 32}
    card = Card(name, "classifier", config, "", "CC0", "none", CATEGORIES, told)
    card = weights.write(network, home / name, card)
    return tiny.add(home / name, card).label


@pytest.fixture
def classifier(home: Path) -> str:
    return eye(home)


def keep(data: bytes, *, tenant: str = TENANT) -> str:
    key = blobs.put(tenant, data)
    with Image.open(io.BytesIO(data)) as opened:
        kind = opened.format or ""
        checked = Checked(key, kind.lower(), len(data), *opened.size, opened.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, tenant, checked, name=None).picture.id


def shot(number: int) -> bytes:
    return factories.encoded(factories.shot(number), "PNG")


def done(bench: Bench, op: str, *, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    job_id = rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    assert job.id == job_id
    with reading() as session:
        rows.change(job_id, versions=Serving().versions(session, job))
    perform(rows.read(job_id), bench)
    return rows.read(job_id)


def _count(table: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_classification_tells_the_likeliest_categories_and_delivers_no_picture(
    bench: Bench, classifier: str
):
    job = done(bench, "classify", picture=keep(shot(1)), top_k=2)

    told = job.report or {}
    assert job.state == "succeeded", job.error_detail
    assert told["version"] == classifier
    assert [told["category"], told["probability"]] == list(told["categories"][0].values())
    assert len(told["categories"]) == 2
    assert told["calibration_error"] is None
    assert _count(Result) == 0


def test_a_gate_that_a_classification_cannot_pass_fails_it(bench: Bench, classifier: str):
    envelope = {"gates": {"psnr_db": {"min": 20}}, "reference": keep(shot(2))}

    job = done(bench, "classify", picture=keep(shot(1)), envelope=envelope)

    assert (job.state, job.error_code) == ("failed", "gate")
    assert (job.report or {})["category"] in CATEGORIES


def test_what_is_told_in_words_has_no_stages(bench: Bench, classifier: str):
    job = done(bench, "classify", picture=keep(shot(1)), envelope={"explain": True})

    assert job.state == "succeeded", job.error_detail
    assert _count(Stage) == 0


def _found(job: Job) -> list[str]:
    assert job.state == "succeeded", job.error_detail
    return [one["id"] for one in (job.report or {})["found"]]


def test_an_embedded_picture_s_copy_finds_it_first(bench: Bench, classifier: str):
    known = [keep(shot(number)) for number in range(4)]
    for picture in known:
        assert done(bench, "embed", picture=picture).state == "succeeded"
    copy = keep(factories.encoded(factories.shot(2), "JPEG", quality=60))

    job = done(bench, "search", picture=copy, k=3)

    told = job.report or {}
    assert _found(job)[0] == known[2]
    assert len(told["found"]) == 3
    assert (told["compared"], told["version"]) == (4, classifier)
    assert told["found"][0]["kind"] == "picture"
    assert 0.9 < told["found"][0]["similarity"] <= 1.001


def test_a_picture_does_not_find_itself_and_a_search_keeps_nothing(bench: Bench, classifier: str):
    first, second = keep(shot(1)), keep(shot(2))
    done(bench, "embed", picture=first)

    by_itself = done(bench, "search", picture=first)
    by_another = done(bench, "search", picture=second)

    assert (_found(by_itself), by_itself.report["compared"]) == ([], 0)
    assert (_found(by_another), by_another.report["compared"]) == ([first], 1)


def test_what_was_erased_is_not_found(bench: Bench, classifier: str):
    first, second = keep(shot(1)), keep(shot(2))
    for picture in (first, second):
        done(bench, "embed", picture=picture)
    with transaction() as session:
        erasure.erase_picture(session, TENANT, first)

    assert _found(done(bench, "search", picture=keep(shot(3)))) == [second]


def test_a_picture_that_is_erased_while_it_is_embedded_leaves_nothing(
    bench: Bench, classifier: str, monkeypatch: pytest.MonkeyPatch
):
    picture = keep(shot(1))

    def late(session: Session, tenant: str, picture_id: str, **given: Any) -> bool:
        erasure.erase_picture(session, tenant, picture_id)
        return was(session, tenant, picture_id, **given)

    was = embeddings.keep
    monkeypatch.setattr(embeddings, "keep", late)

    done(bench, "embed", picture=picture)

    assert _count(Embedding) == 0


def test_what_another_version_has_seen_is_not_compared(bench: Bench, classifier: str, home: Path):
    picture = keep(shot(1))
    done(bench, "embed", picture=picture)
    other = eye(home, "other", seed=1)

    assert _found(done(bench, "search", picture=keep(shot(2)), version=other)) == []
    assert _found(done(bench, "search", picture=keep(shot(2)), version=classifier)) == [picture]


def test_a_mirrored_copy_finds_its_original_first(bench: Bench, classifier: str):
    known = [keep(shot(number)) for number in range(4)]
    for picture in known:
        done(bench, "embed", picture=picture)
    flip = Image.Transpose.FLIP_LEFT_RIGHT
    copy = keep(factories.encoded(factories.shot(2).transpose(flip), "PNG"))

    job = done(bench, "search", picture=copy)

    assert _found(job)[0] == known[2]
    assert job.report["found"][0]["similarity"] == pytest.approx(1, abs=1e-3)
