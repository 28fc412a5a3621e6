"""`personalize` as a job: pictures that were liked go in, new ones come out, compared with none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from db import erasure
from db.engine import reading, transaction
from db.refusals import Refused
from db.tables.jobs import Job
from db.tables.results import Result
from models import weights
from models.networks.vae import ConditionalVae, VaeConfig
from models.weights import Card
from tests import benches, factories, rows, tiny
from tests.rows import TENANT
from tests.shots import keep
from workers.perform import Bench, perform
from workers.serving import Serving


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


@pytest.fixture
def served(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.networks.vae.WIDTHS", {32: (8,) * 4, 64: (8,) * 5})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ConditionalVae(VaeConfig(2, z_dim=4)).eval()
    config = {"categories": 2, "z_dim": 4, "image_size": 28, "channels": 1}
    card = Card("taste", "vae", config, "", "CC0", "none", ("bag", "coat"))
    tiny.add(home / "taste", weights.write(network, home / "taste", card))


def _shot(number: int) -> str:
    return keep(factories.encoded(factories.shot(number), "PNG"))


def _done(bench: Bench, **given: object) -> Job:
    rows.queued("personalize", envelope={"operation": given})
    (job,) = rows.claim()
    with reading() as session:
        rows.change(job.id, versions=Serving().versions(session, job))
    perform(rows.read(job.id), bench)
    return rows.read(job.id)


@pytest.mark.usefixtures("served")
def test_pictures_are_drawn_that_are_compared_with_nothing(bench: Bench) -> None:
    job = _done(bench, liked=[_shot(1), _shot(2)], disliked=[_shot(3)], n=3, seed=5)

    assert job.state == "succeeded", job.error_detail
    told = job.report or {}
    assert (told["liked"], told["disliked"]) == (2, 1)
    assert told["expected"] > told["expected_before"]
    with reading() as session:
        made = session.query(Result).filter_by(job_id=job.id).all()
    assert len(made) == 3
    assert {(one.psnr_db, one.ssim, one.source_kind) for one in made} == {(None, None, "generated")}


def test_what_was_liked_is_erased_with_the_orders_that_name_it(home: Path) -> None:
    from db import admission
    from db.operations.order import parse

    liked = _shot(1)
    order = parse(factories.order("personalize", liked=[liked]))
    with transaction() as session, pytest.raises(Refused, match="version"):
        admission.place(session, TENANT, order, key=None)
    job_id = rows.queued("personalize", envelope={"operation": {"liked": [liked]}})

    with transaction() as session:
        erasure.erase_picture(session, TENANT, liked)

    assert rows.read(job_id).error_code == "source_erased"
