"""A spin from its order to its result: proven frame by frame, told so that a page can turn it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from db import blobs
from db.engine import reading
from db.tables.jobs import Job, JobInput
from db.tables.results import Result
from db.tables.stages import Stage
from models import labels
from tests import benches, factories, rows, shots
from workers.perform import Bench, perform

SMALL = {"frame_width": 96, "frame_height": 80, "columns": 2}


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=1) as bench:
        yield bench


def _view(number: int, *, before: str | None = None, wide: int = 60) -> bytes:
    """A textured block, cut out; each stands elsewhere in its picture."""
    pixels = np.zeros((140, 160, 4), np.uint8)
    chance = np.random.default_rng(number)
    texture = chance.integers(60, 180, (18, wide // 4, 3)).repeat(4, 0).repeat(4, 1)
    top, left = 30 + 5 * number, 40 - 6 * number
    block = pixels[top : top + 72, left : left + wide // 4 * 4]
    block[..., :3], block[..., 3] = texture, 255
    shown = Image.fromarray(pixels)
    if before is None:
        return factories.encoded(shown, "PNG")
    ground = Image.new("RGB", shown.size, before)
    ground.paste(shown, mask=shown.getchannel("A"))
    return factories.encoded(ground, "PNG")


def _spun(bench: Bench, *views: bytes, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    keys = [shots.keep(view) for view in views]
    order = {"operation": {"views": keys, **SMALL, **given}, **(envelope or {})}
    rows.queued("spin", envelope=order)
    (job,) = rows.claim(queue="gpu")
    perform(job, bench)
    return rows.read(job.id)


def _result(job: Job) -> Result:
    with reading() as session:
        return session.scalars(select(Result).where(Result.job_id == job.id)).one()


def _stages(job: Job) -> list[Stage]:
    with reading() as session:
        return list(session.scalars(select(Stage).where(Stage.job_id == job.id)))


def test_a_sheet_is_delivered_with_the_scores_of_its_worst_frame(bench: Bench) -> None:
    job = _spun(bench, _view(0), _view(1), _view(2, wide=72))

    result = _result(job)
    assert (job.state, result.width, result.height) == ("succeeded", 192, 160)
    each = [frame["product_psnr_db"] for frame in result.scores["frames"]]
    assert len(each) == 3
    assert result.product_psnr_db == pytest.approx(min(each))
    assert result.product_psnr_db is not None
    assert result.product_psnr_db > 45
    assert job.report is not None
    assert job.report["worst_frame"] == each.index(min(each))
    assert result.product_delta_e_mean == max(
        frame["product_delta_e_mean"] for frame in result.scores["frames"]
    )
    assert not result.unproven


def test_what_a_viewer_needs_lies_with_the_sheet(bench: Bench) -> None:
    views = [_view(number) for number in range(3)]
    job = _spun(bench, *views, angles_deg=[0.0, 30.0, 60.0])

    told = _result(job).scores["details"]["spin"]
    assert (told["frame"], told["columns"], told["rows"]) == ({"width": 96, "height": 80}, 2, 2)
    assert not told["whole_turn"]
    assert [frame["angle_deg"] for frame in told["frames"]] == [0.0, 30.0, 60.0]
    assert [(frame["x"], frame["y"]) for frame in told["frames"]] == [(0, 0), (96, 0), (0, 80)]
    with reading() as session:
        inputs = select(JobInput.picture_id).where(JobInput.job_id == job.id).order_by("role")
        assert [frame["view"] for frame in told["frames"]] == list(session.scalars(inputs))


def test_a_third_party_finds_each_view_again_in_the_delivered_file(bench: Bench) -> None:
    views = [_view(number) for number in range(3)]
    result = _result(_spun(bench, *views, opacity=0.0))
    sheet = Image.open(io.BytesIO(blobs.get(rows.TENANT, result.blob_key))).convert("RGB")
    for view, frame in zip(views, result.scores["details"]["spin"]["frames"], strict=True):
        source = np.asarray(Image.open(io.BytesIO(view)).convert("RGBA"))
        a, _, c, _, e, f = frame["placement"]
        rows_, columns = np.nonzero(source[..., 3])
        y, x = int(np.median(rows_)) // 4 * 4 + 2, int(np.median(columns)) // 4 * 4 + 2
        found = sheet.getpixel((int(a * x + c), int(e * y + f)))
        near = source[y - 4 : y + 5, x - 4 : x + 5, :3].reshape(-1, 3)
        assert (near.min(0) - 30 <= found).all()
        assert (near.max(0) + 30 >= found).all()


def test_a_gate_is_asked_of_the_worst_frame(bench: Bench) -> None:
    gate = {"gates": {"product_psnr_db": {"min": 90}}}

    job = _spun(bench, _view(0), _view(1), envelope=gate)

    assert (job.state, job.error_code) == ("failed", "gate")


def test_views_before_a_ground_are_cut_out_and_their_masks_judged(bench: Bench) -> None:
    views = [_view(number, before="#f4f4f4") for number in range(2)]

    result = _result(_spun(bench, *views))

    assert result.scores["mask_agreement"] > 0.9
    assert not result.unproven


def test_one_view_without_a_product_fails_the_job_and_is_named(bench: Bench) -> None:
    flat = factories.encoded(Image.new("RGB", (64, 64), "#808080"), "PNG")

    job = _spun(bench, _view(0), flat)

    assert (job.state, job.error_code) == ("failed", "no_product_found")
    assert "View 1" in (job.error_detail or "")


def test_one_view_that_a_network_drew_labels_the_sheet(bench: Bench) -> None:
    drawn = labels.write(_view(1), format="png", source_kind="generated", job_id="other")

    result = _result(_spun(bench, _view(0), drawn, opacity=0.0))

    assert result.source_kind == "generated"


@pytest.mark.parametrize("kind", ["webp", "jpeg"])
def test_a_sheet_may_be_written_in_other_formats(bench: Bench, kind: str) -> None:
    job = _spun(bench, _view(0), _view(1), envelope={"output": {"format": kind, "quality": 90}})

    result = _result(job)
    assert (job.state, result.format) == ("succeeded", kind)
    assert len(result.scores["frames"]) == 2


def test_it_can_be_explained(bench: Bench) -> None:
    job = _spun(bench, _view(0), _view(1), envelope={"explain": True})

    assert job.state == "succeeded"
    assert {"composite", "product_mask"} <= {stage.name for stage in _stages(job)}
