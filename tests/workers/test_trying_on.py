"""`try_on` through `perform`: what is delivered, what proves it, and what is refused."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from db import blobs, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from models import images, labels
from models.data.figures import FLAT, Cloth, Cut, flat, landmarks, person
from models.metrics.mask import erode
from models.metrics.region_delta_e import region_delta_e
from models.warping.carried import carry
from models.warping.warp import Warp
from tests import benches, factories, rows
from tests.factories import LOOK
from tests.rows import TENANT
from workers.perform import Bench, perform

SIZE = 128
POSE = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.16, cuff=0.035, angle_deg=45)
NEW = Cloth((0.75, 0.2, 0.2), (0.9, 0.8, 0.6), stripes=2.0)
BODY, WORN = person(Cloth((0.3, 0.5, 0.4), (0.3, 0.5, 0.42)), POSE, size=SIZE)
GARMENT, COVERED = flat(NEW, size=SIZE)
POINTS = {
    "body_points": landmarks(POSE, size=SIZE),
    "garment_points": landmarks(FLAT, size=SIZE),
}


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _keep(data: bytes) -> str:
    """The id of a picture that passed the door."""
    key = blobs.put(TENANT, data)
    with Image.open(io.BytesIO(data)) as opened:
        checked = Checked(key, (opened.format or "").lower(), len(data), *opened.size, "RGB", LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _png(image: Tensor) -> str:
    return _keep(images.encode(image, format="png"))


def _body() -> str:
    return _png(BODY)


def _garment() -> str:
    return _png(torch.cat((GARMENT, COVERED), dim=1))


def _done(bench: Bench, *, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    rows.queued("try_on", envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    perform(job, bench)
    return rows.read(job.id)


def _result(job: Job) -> Result:
    with reading() as session:
        (found,) = session.query(Result).filter(Result.job_id == job.id)
    return found


def test_nothing_but_the_clothes_has_changed(bench: Bench) -> None:
    job = _done(bench, picture=_body(), garment=_garment(), clothes_mask=_png(WORN))

    result = _result(job)
    assert job.state == "succeeded"
    assert result.scores["protected_max_abs"] == 0
    assert result.protected_identical
    assert result.source_kind == "enhanced"
    said = labels.read(blobs.get(TENANT, result.blob_key))
    assert said is not None
    assert said.source_kind == "enhanced"
    assert job.report is not None
    assert job.report["fold_share"] == 0
    assert job.report["clothes_iou"] > 0.9


def test_the_proof_can_be_recomputed_from_what_is_kept(bench: Bench) -> None:
    job = _done(bench, picture=_body(), garment=_garment(), clothes_mask=_png(WORN))
    result = _result(job)

    delivered = images.read(blobs.get(TENANT, result.blob_key)).image
    mask = images.read_mask(blobs.get(TENANT, result.mask_key or ""))
    garment = images.read(images.encode(torch.cat((GARMENT, COVERED), dim=1), format="png"))
    warp = Warp.of(result.scores["details"]["warp"])
    carried = carry(garment.image, garment.alpha, warp, height=SIZE, width=SIZE)
    mean, p95 = region_delta_e(delivered, carried.colours, mask=erode(mask, 2))

    assert float(mean) == pytest.approx(result.product_delta_e_mean, abs=1e-6)
    assert float(p95) == pytest.approx(result.scores["product_delta_e_p95"], abs=1e-6)


def test_without_shading_the_garment_is_its_own_pixels(bench: Bench) -> None:
    job = _done(bench, picture=_body(), garment=_garment(), shading=0.0, **POINTS)

    assert (_result(job).product_delta_e_mean or 0) < 0.5  # the file has 256 levels


@pytest.mark.parametrize("kind", ["jpeg", "webp", "avif"])
def test_it_is_delivered_in_any_format(bench: Bench, kind: str) -> None:
    job = _done(
        bench, picture=_body(), garment=_garment(), envelope={"output": {"format": kind}}, **POINTS
    )

    assert job.state == "succeeded"
    assert _result(job).scores["protected_max_abs"] is not None


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "LA", "RGBA"])
def test_pictures_of_any_mode_are_taken(bench: Bench, mode: str) -> None:
    with Image.open(io.BytesIO(images.encode(BODY, format="png"))) as opened:
        body = opened.convert("RGBA").convert(mode) if mode == "LA" else opened.convert(mode)
    data = factories.encoded(body, "JPEG" if mode == "CMYK" else "PNG")

    job = _done(bench, picture=_keep(data), garment=_garment(), **POINTS)

    assert job.state == "succeeded", job.error_detail


def test_stages_show_how_it_came_about(bench: Bench) -> None:
    job = _done(bench, picture=_body(), garment=_garment(), envelope={"explain": True}, **POINTS)

    assert job.state == "succeeded", job.error_detail


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a point outside": (
        {**POINTS, "body_points": {**POINTS["body_points"], "hem_left": (1.0, 999.0)}},
        "landmarks_outside",
    ),
    "points that cross": (
        {
            **POINTS,
            "body_points": {
                **POINTS["body_points"],
                "hem_left": POINTS["body_points"]["hem_right"],
                "hem_right": POINTS["body_points"]["hem_left"],
            },
        },
        "landmarks_fold",
    ),
    "no person": ({"picture": "garment"}, "no_person_found"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_gives_no_honest_picture_fails_for_good(bench: Bench, what: str) -> None:
    given, code = REFUSED[what]
    plain = _png(torch.full((1, 3, SIZE, SIZE), 0.9))
    asked = {"picture": plain if "picture" in given else _body(), "garment": _garment()}

    job = _done(bench, **asked, **{k: v for k, v in given.items() if k != "picture"})

    assert (job.state, job.error_code) == ("failed", code)
    with reading() as session:
        assert session.query(Result).count() == 0


def test_a_garment_that_a_network_drew_labels_the_picture(bench: Bench) -> None:
    png = images.encode(torch.cat((GARMENT, COVERED), dim=1), format="png")
    drawn = labels.write(png, format="png", source_kind="generated", job_id="other")

    job = _done(bench, picture=_body(), garment=_keep(drawn), clothes_mask=_png(WORN))

    assert _result(job).source_kind == "generated"
