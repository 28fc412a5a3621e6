"""A job that is to be explained, through `perform`: its stages are kept, and only then."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from sqlalchemy import select

from db import blobs, collector, erasure, pictures, stages, transitions
from db.engine import reading, transaction
from db.intake import Checked
from db.operations.order import Order
from db.tables.jobs import Job
from db.tables.pictures import Blob
from db.tables.results import Result
from db.tables.stages import Stage
from models import labels
from models.explaining.stage import MAX_SIDE_PX
from tests import benches, factories, kept, rows
from tests.factories import LOOK
from tests.rows import TENANT
from workers.perform import Bench, perform

SIDE = 64


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _keep(picture: Image.Image) -> str:
    """The id of a picture that passed the door."""
    data = factories.encoded(picture, "PNG")
    checked = Checked(blobs.put(TENANT, data), "png", len(data), *picture.size, picture.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _shoe(*, noise: float = 0, side: int = SIDE) -> Image.Image:
    """A textured disc, darker than its even backdrop."""
    random = np.random.default_rng(4)
    y, x = np.mgrid[:side, :side]
    inside = (y - side / 2) ** 2 + (x - side / 2) ** 2 < (0.3 * side) ** 2
    texture = 60 + 50 * ndimage.gaussian_filter(random.normal(0, 1, (side, side, 3)), (1, 1, 0))
    levels = np.where(inside[..., None], texture, 235) + random.normal(0, noise, (side, side, 3))
    return Image.fromarray(np.clip(levels.round(), 0, 255).astype(np.uint8))


def _done(bench: Bench, op: str, *, envelope: dict[str, Any], **given: Any) -> Job:
    rows.queued(op, envelope={"operation": given, **envelope})
    (job,) = rows.claim(queue="cpu" if op in ("score", "check") else "gpu")
    perform(job, bench)
    return rows.read(job.id)


def _explained(
    bench: Bench, op: str, envelope: Mapping[str, Any] | None = None, **given: Any
) -> Job:
    return _done(bench, op, envelope={"explain": True, **(envelope or {})}, **given)


def _stages(job: Job) -> dict[str, Stage]:
    with reading() as session:
        return {stage.name: stage for stage in stages.of_job(session, job.id)}


def _result(job: Job) -> Result:
    with reading() as session:
        return session.scalars(select(Result).where(Result.job_id == job.id)).one()


def _pixels(stage: Stage) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(blobs.get(TENANT, stage.picture_key))) as picture:
        return np.asarray(picture)


# What is kept


def test_a_new_ground_has_its_masks_its_plate_and_heat_maps_of_the_product(bench: Bench):
    job = _explained(bench, "background", picture=_keep(_shoe()), rgb=[40, 80, 200])

    found = _stages(job)
    masks = ["matte", "second_opinion", "product_mask"]
    assert list(found) == [*masks, "composite", "plate", "product_ssim", "product_delta_e"]
    assert {stage.result_id for stage in found.values()} == {_result(job).id}
    assert {(stage.width, stage.height) for stage in found.values()} == {(SIDE, SIDE)}
    assert _pixels(found["plate"])[0, 0].tolist() == [40, 80, 200]
    assert found["plate"].scale is None
    assert found["product_delta_e"].scale == {
        "name": "delta_e", "min": 0.0, "max": 10.0, "dark": 0.0
    }  # fmt: skip


def test_a_heat_map_is_darkest_where_nothing_changed_and_clear_where_nothing_is_compared(
    bench: Bench,
):
    job = _explained(bench, "background", picture=_keep(_shoe()), rgb=[40, 80, 200])

    heat = _pixels(_stages(job)["product_delta_e"])
    mask = _pixels(_stages(job)["product_mask"])
    inside = ndimage.minimum_filter(mask, 5) > 127
    assert _result(job).product_identical
    assert len(np.unique(heat[inside], axis=0)) == 1
    assert (heat[inside][:, 3] == 255).all()
    assert (heat[~inside] == 0).all()


def test_a_placed_product_is_compared_with_its_source_through_the_placement(bench: Bench):
    picture = _keep(_shoe())
    job = _explained(bench, "place", picture=picture, width=96, height=80, fill_long_side=0.9)

    found = _stages(job)
    assert {"coverage", "carried_source", "product_ssim", "product_delta_e"} <= set(found)
    assert (found["product_ssim"].width, found["product_ssim"].height) == (96, 80)
    assert (found["matte"].width, found["matte"].height) == (SIDE, SIDE)


def test_an_edit_shows_where_it_was_allowed_and_what_it_left_alone(bench: Bench):
    job = _explained(bench, "recolor", picture=_keep(_shoe()), to_hex="#00a040")

    found = _stages(job)
    assert list(found) == ["edit_mask", "protected_ssim", "protected_delta_e"]
    compared = _pixels(found["protected_delta_e"])[..., 3] > 0
    assert not (compared & (_pixels(found["edit_mask"]) > 127)).any()


def test_a_reference_of_the_callers_is_what_all_of_the_picture_is_compared_with(bench: Bench):
    job = _explained(
        bench,
        "denoise",
        {"reference": _keep(_shoe())},
        picture=_keep(_shoe(noise=20)),
        engine="classical",
        sigma=20.0,
    )

    found = _stages(job)
    assert list(found) == ["ssim", "delta_e"]
    assert _pixels(found["delta_e"])[..., 3].min() == 255
    assert (_pixels(found["ssim"])[:5, :, 3] == 0).all()  # no window fits there


def test_a_score_has_both_heat_maps_though_it_delivers_no_picture(bench: Bench):
    job = _explained(
        bench, "score", picture=_keep(_shoe(noise=20)), reference_picture=_keep(_shoe())
    )

    found = _stages(job)
    assert list(found) == ["ssim", "delta_e"]
    assert {stage.result_id for stage in found.values()} == {None}
    assert job.report is not None
    assert job.report["scores"]["ssim"] < 1


def test_a_pipeline_has_the_stages_of_its_steps_by_their_numbers(bench: Bench):
    steps = [{"op": "recolor", "to_hex": "#00a040"}, {"op": "background"}, {"op": "place"}]
    job = _explained(bench, "pipeline", picture=_keep(_shoe()), steps=steps)

    assert {
        *("0.recolor", "0.edit_mask", "1.background", "1.matte", "1.plate", "2.matte"),
        *("2.coverage", "product_mask", "product_ssim", "product_delta_e"),
    } <= set(_stages(job))


def test_what_has_nothing_to_show_succeeds_without_stages(bench: Bench):
    job = _explained(bench, "upscale", picture=_keep(_shoe()))

    assert (job.state, _stages(job)) == ("succeeded", {})


def test_large_stages_are_shrunk(bench: Bench):
    side = MAX_SIDE_PX + 500
    job = _explained(bench, "background", picture=_keep(_shoe(side=side).crop((0, 0, side, 1500))))

    sizes = {(stage.width, stage.height) for stage in _stages(job).values()}
    assert sizes == {(MAX_SIDE_PX, round(1500 * MAX_SIDE_PX / side))}


def test_a_composite_is_what_a_lossy_file_was_made_of(bench: Bench):
    envelope = {"output": {"format": "jpeg", "quality": 30}}
    job = _explained(bench, "background", envelope, picture=_keep(_shoe()), rgb=[40, 80, 200])

    composite = _pixels(_stages(job)["composite"])
    inside = _pixels(_stages(job)["product_mask"]) > 127
    assert not _result(job).product_identical
    assert np.array_equal(composite[inside], np.asarray(_shoe())[inside])


def test_stages_say_what_the_result_says_of_its_making(bench: Bench):
    job = _explained(bench, "recolor", picture=_keep(_shoe()), to_hex="#00a040")

    data = blobs.get(TENANT, _stages(job)["edit_mask"].picture_key)
    assert labels.read(data) == labels.Label("enhanced", job.id)


def test_a_missed_gate_keeps_the_stages_with_what_it_holds(bench: Bench):
    gates = {"gates": {"product_ssim": {"max": 0.1}}}
    job = _explained(bench, "background", gates, picture=_keep(_shoe()))

    assert (job.state, job.error_code) == ("failed", "gate")
    assert _result(job).visibility == "held"
    assert "product_ssim" in _stages(job)


# What is not


def test_nothing_is_kept_unless_it_is_asked_for(bench: Bench):
    picture = _keep(_shoe())
    plain = _done(bench, "background", envelope={}, picture=picture)
    with reading() as session:
        keys = set(session.scalars(select(Blob.sha256)))

    assert _stages(plain) == {}
    result = _result(plain)
    assert keys == {rows.MADE, result.source_key, result.blob_key, result.mask_key}


def test_a_worker_that_lost_its_lease_leaves_no_stages(bench: Bench):
    rows.queued("background", envelope={"operation": {"picture": _keep(_shoe())}, "explain": True})
    (slow,) = rows.claim()
    rows.lease_ran_out(slow.id)
    with transaction() as session:
        transitions.sweep(session)

    perform(slow, bench)

    assert _stages(slow) == {}
    kept.a_day_passes()
    while collector.collect():
        pass
    with reading() as session:
        assert len(session.scalars(select(Blob.sha256)).all()) == 1  # the picture's


def test_an_order_that_asks_for_no_stages_is_the_one_it_always_was():
    told = {"operation": {"op": "upscale", "picture": factories.NOWHERE}}
    plain, explained = (Order.model_validate({**told, "explain": one}) for one in (False, True))

    assert plain.digest() == Order.model_validate(told).digest() != explained.digest()


# What goes


@pytest.mark.parametrize("what", ["result", "job", "picture"])
def test_stages_are_erased_with_what_they_are_of(bench: Bench, what: str):
    picture = _keep(_shoe())
    job = _explained(bench, "background", picture=picture)
    keys = {stage.picture_key for stage in _stages(job).values()}
    ids = {"result": _result(job).id, "job": job.id, "picture": picture}

    with transaction() as session:
        erased = getattr(erasure, f"erase_{what}")(session, TENANT, ids[what])
    collector.collect_these(TENANT, erased.keys)

    assert _stages(job) == {}
    with reading() as session:
        assert not keys & set(session.scalars(select(Blob.sha256)))


@pytest.mark.parametrize("what", ["job", "picture"])
def test_stages_of_a_job_without_a_result_go_with_it(bench: Bench, what: str):
    picture = _keep(_shoe(noise=20))
    job = _explained(bench, "score", picture=picture, reference_picture=_keep(_shoe()))

    with transaction() as session:
        getattr(erasure, f"erase_{what}")(
            session, TENANT, {"job": job.id, "picture": picture}[what]
        )

    assert _stages(job) == {}


def test_stages_of_a_job_whose_batch_has_yet_to_count_it_go_though_its_row_stays(bench: Bench):
    picture = _keep(_shoe(noise=20))
    job = _explained(bench, "score", picture=picture, reference_picture=_keep(_shoe()))
    rows.batch_of([job.id])

    with transaction() as session:
        erasure.erase_picture(session, TENANT, picture)

    assert rows.read(job.id).report is None
    assert _stages(job) == {}


def test_bytes_that_a_stage_names_stay(bench: Bench):
    job = _explained(bench, "background", picture=_keep(_shoe()))

    kept.a_day_passes()
    while collector.collect():
        pass

    assert [_pixels(stage).shape[0] for stage in _stages(job).values()] == [SIDE] * 7


def test_the_same_job_has_the_same_stages(bench: Bench):
    picture = _keep(_shoe())
    first, second = (_stages(_explained(bench, "background", picture=picture)) for _ in range(2))

    assert list(first) == list(second)
    for name, stage in first.items():
        assert np.array_equal(_pixels(stage), _pixels(second[name]))
