"""What betters a picture, as jobs through `perform`: its proof, its gates, and what it refuses."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from db import blobs, pictures
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from tests import benches, factories, rows
from tests.factories import LOOK, shot
from tests.rows import TENANT
from workers.perform import Bench, perform
from workers.register import register
from workers.serving import Serving


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


@pytest.fixture
def shipped(home: Path) -> None:
    register()


def _keep(picture: Image.Image, kind: str = "PNG") -> str:
    data = factories.encoded(picture, kind)
    key = blobs.put(TENANT, data)
    checked = Checked(key, kind.lower(), len(data), *picture.size, picture.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _done(op: str, bench: Bench, *, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    with reading() as session:
        rows.change(job.id, versions=Serving().versions(session, job))
    perform(rows.read(job.id), bench)
    return rows.read(job.id)


def _result(job: Job) -> Result:
    with reading() as session:
        return session.query(Result).filter_by(job_id=job.id).one()


def _pixels(result: Result) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(blobs.get(TENANT, result.blob_key))))


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_network_that_ships_enlarges_and_stays_true_to_the_source(bench: Bench, scale: int):
    job = _done("upscale", bench, picture=_keep(shot(3, 64)), scale=scale, engine="network")

    result = _result(job)
    assert (job.state, result.width, result.model_version) == (
        "succeeded",
        64 * scale,
        "upscaler-photo-x2@1",
    )
    assert result.scores["backproj_psnr_db"] > 35
    assert job.report["engine"] == "network"  # type: ignore[index]


def _static() -> Image.Image:
    levels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    return Image.fromarray(levels)


@pytest.mark.usefixtures("shipped")
def test_a_network_that_invents_fails_a_gate_that_nobody_had_to_name(bench: Bench):
    job = _done("upscale", bench, picture=_keep(_static()), engine="network")

    assert (job.state, job.error_code) == ("failed", "gate")
    assert _result(job).visibility == "held"


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    "asked", [{"engine": "classical"}, {"engine": "network", "envelope": {"gates": {
        "backproj_psnr_db": {"min": 0.0}}}}], ids=["classical", "another gate"],
)  # fmt: skip
def test_bicubic_and_an_order_with_its_own_gate_are_free_of_it(bench: Bench, asked: dict[str, Any]):
    job = _done("upscale", bench, picture=_keep(_static()), **asked)

    assert job.state == "succeeded", job.error_detail


@pytest.mark.usefixtures("shipped")
def test_a_flat_picture_is_as_true_as_can_be(bench: Bench):
    white = Image.new("RGB", (20, 20), "white")

    job = _done("upscale", bench, picture=_keep(white), engine="network")

    assert job.state == "succeeded", job.error_detail
    assert _result(job).scores["notes"]["backproj_psnr_db"] == "identical"


def _mask(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask


def _on(mode: str) -> tuple[Image.Image, str]:
    """A picture of a mode, and a file kind that holds it."""
    picture = shot(5, 64)
    if mode == "I;16":
        levels = np.asarray(picture.convert("L")).astype(np.uint16) * 257
        return Image.fromarray(levels), "PNG"
    if mode == "RGBA":
        picture = picture.convert("RGBA")
        picture.putalpha(_mask(picture.size, (4, 4, 60, 60)))
        return picture, "PNG"
    return picture.convert(mode), "JPEG" if mode == "CMYK" else "PNG"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "I;16", "CMYK"])
def test_what_a_mask_does_not_cover_is_delivered_exactly(bench: Bench, mode: str):
    picture, kind = _on(mode)
    mask = _mask(picture.size, (20, 20, 36, 40))

    job = _done("inpaint", bench, picture=_keep(picture, kind), mask=_keep(mask))

    result = _result(job)
    assert job.state == "succeeded", job.error_detail
    assert (result.protected_identical, result.scores["protected_max_abs"]) == (True, 0)
    assert result.edit_mask_key is not None
    assert result.source_kind == "enhanced"
    assert Image.fromarray(_pixels(result)).mode == ("RGBA" if mode == "RGBA" else "RGB")


@pytest.mark.parametrize(
    ("box", "code"), [((0, 0, 0, 0), "mask_empty"), ((0, 0, 64, 64), "mask_full")]
)
def test_a_mask_of_nothing_or_of_everything_fails_the_job(
    bench: Bench, box: tuple[int, int, int, int], code: str
):
    job = _done("inpaint", bench, picture=_keep(shot(5, 64)), mask=_keep(_mask((64, 64), box)))

    assert (job.state, job.error_code) == ("failed", code)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK"])
@pytest.mark.parametrize("fill", ["smooth", "mirror"])
def test_a_larger_canvas_is_proven_to_hold_the_very_same_picture(
    bench: Bench, mode: str, fill: str
):
    picture, kind = _on(mode)

    job = _done("outpaint", bench, picture=_keep(picture, kind), left=9, top=30, fill=fill)

    result = _result(job)
    assert job.state == "succeeded", job.error_detail
    assert (result.width, result.height, result.product_identical) == (73, 94, True)
    assert result.placement == [1, 0, 9, 0, 1, 30]


def test_a_pipeline_takes_something_away_and_makes_room_around(bench: Bench):
    mask = _keep(_mask((64, 64), (2, 2, 12, 12)))
    steps = [{"op": "inpaint", "mask": mask}, {"op": "background"}, {"op": "outpaint", "left": 36}]
    picture = Image.new("RGB", (64, 64), (225, 220, 210))
    picture.paste(shot(5, 30), (20, 20))
    picture.paste((0, 0, 0), (4, 4, 10, 10))

    job = _done("pipeline", bench, picture=_keep(picture), steps=steps)

    result = _result(job)
    assert job.state == "succeeded", job.error_detail
    assert (result.width, result.placement) == (100, [1, 0, 36, 0, 1, 0])
    assert result.product_psnr_db is not None or result.product_identical
