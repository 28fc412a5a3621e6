"""`explain` as a job: what is delivered, with which numbers, and of whose pictures."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from sqlalchemy import select

from db import admission, blobs, erasure, pictures
from db.engine import reading, transaction
from db.ids import new_id
from db.intake import Checked
from db.refusals import Refused
from db.tables.jobs import Job
from db.tables.results import Result
from db.tables.versions import Dataset
from models import images, labels, weights
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.networks.gan import GanConfig, Generator
from models.networks.vae import ConditionalVae, VaeConfig
from models.weights import Card
from tests import benches, factories, rows, tiny
from tests.factories import LOOK
from tests.rows import TENANT
from workers.lessons import SMALL_FASHION_MNIST
from workers.perform import Bench, perform
from workers.serving import Serving

CATEGORIES = ("bag", "boot", "coat")


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=64) as bench:
        yield bench


@pytest.fixture
def classifier(home: Path) -> str:
    """The label of a small one that serves, of three categories in colour."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ProductClassifier(ClassifierConfig(3, 3, (4, 8))).eval()
    config = {"categories": 3, "channels": 3, "widths": [4, 8]}
    card = Card("eye", "classifier", config, "", "CC0", "none", CATEGORIES, {"side_px": 32})
    card = weights.write(network, home / "eye", card)
    return tiny.add(home / "eye", card).label


def _keep(data: bytes, *, tenant: str = TENANT) -> str:
    key = blobs.put(tenant, data)
    with Image.open(io.BytesIO(data)) as opened:
        kind = opened.format or ""
        checked = Checked(key, kind.lower(), len(data), *opened.size, opened.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, tenant, checked, name=None).picture.id


def _shot(number: int) -> bytes:
    return factories.encoded(factories.shot(number), "PNG")


def _dataset(name: str, shots: dict[str, bytes], *, tenant: str = TENANT) -> None:
    """A dataset of these pictures, by their ids."""
    keys = {one: blobs.put(tenant, data) for one, data in shots.items()}
    manifest = [{"picture": one, "sha256": key, "category": "bag"} for one, key in keys.items()]
    values: dict[str, Any] = {"categories": ["bag"], "manifest": manifest, "kind": "pictures"}
    with transaction() as session:
        session.add(
            Dataset(id=new_id(), tenant=tenant, name=name, pictures=len(shots), version=1,
                    created_at=rows.clock.seconds_from_now(-60), **values)
        )  # fmt: skip


def _done(bench: Bench, **operation: Any) -> tuple[Job, list[Result]]:
    job_id = rows.queued("explain", envelope={"operation": operation})
    (job,) = rows.claim()
    assert job.id == job_id
    with reading() as session:
        rows.change(job_id, versions=Serving().versions(session, job))
    perform(rows.read(job_id), bench)
    with reading() as session:
        found = session.scalars(select(Result).where(Result.job_id == job_id)).all()
    return rows.read(job_id), list(found)


def test_an_occlusion_delivers_its_heat_and_its_numbers(bench: Bench, classifier: str):
    job, (result,) = _done(bench, method="occlusion", picture=_keep(_shot(1)), category="Boot")

    told = result.scores["details"]
    shown = blobs.get(TENANT, result.blob_key)
    assert job.state == "succeeded"
    assert (told["category"], told["version"], told["read_at_px"]) == ("boot", classifier, 32)
    assert 0 < told["probability"] < 1
    assert max(map(max, told["falls"])) == told["most_fall"] == job.report["most_fall"]
    assert images.read(shown).image.shape == (1, 3, 40, 40)
    assert (result.psnr_db, result.ssim) == (None, None)
    assert result.source_kind == "composite"
    assert result.model_version == classifier


def test_a_category_that_the_version_does_not_know_fails_the_job(bench: Bench, classifier: str):
    job, found = _done(bench, method="occlusion", picture=_keep(_shot(1)), category="hat")

    assert (job.state, job.error_code, found) == ("failed", "category_unknown", [])


def test_a_walk_from_a_picture_is_generated(bench: Bench, home: Path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ConditionalVae(VaeConfig(3, z_dim=4)).eval()
    config = {"categories": 3, "channels": 1, "image_size": 28, "z_dim": 4, "embed_dim": 32}
    card = Card("walker", "vae", config, "", "CC0", "none", CATEGORIES)
    tiny.add(home / "walker", weights.write(network, home / "walker", card))

    job, (result,) = _done(
        bench, method="latent", picture=_keep(_shot(2)), category="coat", rows=2, steps=3
    )

    told = result.scores["details"]
    assert job.state == "succeeded"
    assert (told["category"], told["network"], told["steps_sd"]) == ("coat", "vae", [-2, 0, 2])
    assert [len(one) for one in told["directions"]] == [4, 4]
    assert (result.width, result.height) == (3 * 28 + 4, 2 * 28 + 2)
    assert result.source_kind == "generated"
    assert labels.read(blobs.get(TENANT, result.blob_key)).source_kind == "generated"


def test_a_walk_through_a_gan_goes_through_its_own_door(bench: Bench, home: Path):
    network = Generator(GanConfig(3)).eval()
    card = Card("drawer", "gan", {"categories": 3, "z_dim": 64}, "", "CC0", "none", CATEGORIES)
    tiny.add(home / "drawer", weights.write(network, home / "drawer", card))

    job, (result,) = _done(bench, method="latent", network="gan", category="boot", rows=3, seed=4)

    told = result.scores["details"]
    assert job.state == "succeeded"
    assert (told["category"], told["version"], len(told["directions"])) == ("boot", "drawer@1", 3)
    assert (result.width, result.height) == (7 * 28 + 6 * 2, 3 * 28 + 2 * 2)
    assert (result.source_kind, result.seed) == ("generated", 4)


def test_neighbours_may_be_of_what_ships(bench: Bench, classifier: str):
    values: dict[str, Any] = {"categories": [], "manifest": [], "kind": SMALL_FASHION_MNIST}
    with transaction() as session:
        moment = rows.clock.seconds_from_now(-60)
        session.add(
            Dataset(id=new_id(), tenant=blobs.SHIPPED, name=SMALL_FASHION_MNIST, pictures=200,
                    version=1, created_at=moment, **values)
        )  # fmt: skip

    _, (result,) = _done(
        bench, method="neighbours", picture=_keep(_shot(1)), dataset=SMALL_FASHION_MNIST, k=2
    )

    told = result.scores["details"]
    assert (told["dataset"], told["compared"]) == (f"{SMALL_FASHION_MNIST}@1", 200)
    assert [one["picture"] for one in told["neighbours"]] == [None, None]
    assert all(one["category"] for one in told["neighbours"])


def test_neighbours_are_told_with_their_ids_and_distances(bench: Bench, classifier: str):
    shots = {_keep(_shot(number)): _shot(number) for number in range(6)}
    _dataset("shoes", shots)

    job, (result,) = _done(
        bench, method="neighbours", picture=_keep(_shot(3)), dataset="shoes", k=3
    )

    told = result.scores["details"]
    assert job.state == "succeeded"
    assert (told["dataset"], told["compared"], told["version"]) == ("shoes@1", 6, classifier)
    distances = [one.pop("distance") for one in told["neighbours"]]
    assert told["neighbours"][0] == {"picture": list(shots)[3], "row": 3, "category": "bag"}
    assert distances[0] == pytest.approx(0, abs=1e-3)
    assert len(distances) == 3
    assert distances == sorted(distances)
    assert (result.width, result.height) == (4 * 128 + 3 * 4, 128)
    assert result.source_kind == "composite"


def test_a_dataset_that_is_not_there_is_refused_before_there_is_a_job(classifier: str):
    operation = {"method": "neighbours", "picture": _keep(_shot(1)), "dataset": "none"}

    with transaction() as session, pytest.raises(Refused) as refused:
        admission.place(session, TENANT, rows.order("explain", operation=operation), key=None)

    assert refused.value.code == "dataset_not_found"
    assert refused.value.errors[0]["pointer"] == "/operation/dataset"


def test_nobody_is_shown_another_tenants_pictures(bench: Bench, classifier: str):
    _dataset("theirs", {new_id(): _shot(1)}, tenant="other")

    job, found = _done(bench, method="neighbours", picture=_keep(_shot(1)), dataset="theirs")

    assert (job.state, job.error_code, found) == ("failed", "dataset_not_found", [])


def test_a_strip_with_a_generated_neighbour_is_generated(bench: Bench, classifier: str):
    drawn = labels.write(_shot(1), format="png", source_kind="generated", job_id=new_id())
    _dataset("mixed", {_keep(_shot(2)): _shot(2), _keep(drawn): drawn})

    picture = _keep(_shot(3))
    _, (alone,) = _done(bench, method="neighbours", picture=_keep(_shot(2)), dataset="mixed", k=1)
    _, (both,) = _done(bench, method="neighbours", picture=picture, dataset="mixed", k=2)

    assert (alone.source_kind, both.source_kind) == ("composite", "generated")


def test_who_is_erased_is_shown_on_no_strip_any_more(bench: Bench, classifier: str):
    shots = {_keep(_shot(number)): _shot(number) for number in range(4)}
    _dataset("shoes", shots)
    _, (result,) = _done(bench, method="neighbours", picture=_keep(_shot(9)), dataset="shoes", k=4)

    with transaction() as session:
        erasure.erase_picture(session, TENANT, list(shots)[2], from_datasets=True)

    with reading() as session:
        assert session.get(Result, result.id) is None


def test_of_a_large_dataset_a_part_is_looked_at_that_spans_it(bench: Bench, classifier: str):
    _dataset("shoes", {_keep(_shot(number)): _shot(number) for number in range(20)})

    _, (result,) = _done(
        bench, method="neighbours", picture=_keep(_shot(0)), dataset="shoes", k=8, max_images=8
    )

    found = {one["row"] for one in result.scores["details"]["neighbours"]}
    assert found == {0, 3, 5, 8, 11, 14, 16, 19}
