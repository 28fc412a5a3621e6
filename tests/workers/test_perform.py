"""A real job's row through `perform`, with real pictures: what is delivered, and what is not."""

import io
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from skimage.metrics import peak_signal_noise_ratio
from sqlalchemy import select, text
from torch import Tensor

from db import admission, attempts, batches, blobs, erasure, jobs, pictures, transitions, versions
from db.engine import reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from models import images, labels, weights
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.weights import Card
from tests import benches, factories, rows
from tests.factories import LOOK
from tests.rows import TENANT
from workers.perform import Bench, perform

SIDE = 64
BLUE = [40, 80, 200]


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _keep(data: bytes) -> str:
    """The id of a picture that passed the door."""
    key = blobs.put(TENANT, data)
    with Image.open(io.BytesIO(data)) as opened:
        kind = opened.format or ""
        checked = Checked(key, kind.lower(), len(data), *opened.size, opened.mode, LOOK)
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _shoe(*, noise: float = 0, alpha: bool = False) -> bytes:
    """A textured disc, darker than its even backdrop."""
    random = np.random.default_rng(4)
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = (y - SIDE / 2) ** 2 + (x - SIDE / 2) ** 2 < 20**2
    texture = 60 + 50 * ndimage.gaussian_filter(random.normal(0, 1, (SIDE, SIDE, 3)), (1, 1, 0))
    levels = np.where(inside[..., None], texture, 235) + random.normal(
        0, noise or 1e-9, (SIDE, SIDE, 3)
    )
    pixels = np.clip(levels.round(), 0, 255).astype(np.uint8)
    if alpha:
        pixels = np.dstack([pixels, np.where(inside, 255, 0).astype(np.uint8)])
    return factories.encoded(Image.fromarray(pixels), "PNG")


def _order(op: str, *pictures_: str, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    """A claimed job on these pictures."""
    roles = {"score": ("picture", "reference_picture")}.get(op, ("picture",))
    operation = {**dict(zip(roles, pictures_, strict=True)), **given}
    rows.queued(op, envelope={"operation": operation, **(envelope or {})})
    (job,) = rows.claim(queue="cpu" if op == "score" else "gpu")
    return job


def _results(job: Job) -> list[Result]:
    with reading() as session:
        found = select(Result).where(Result.job_id == job.id).order_by(Result.ordinal)
        return list(session.scalars(found))


def _delivered(result: Result) -> Tensor:
    return images.read(blobs.get(TENANT, result.blob_key)).image


def _outcome(job: Job) -> tuple[str, str | None]:
    row = rows.read(job.id)
    return row.state, row.error_code


def _attempt(job: Job) -> tuple[str | None, str | None]:
    with reading() as session:
        last = attempts.of(session, job.id)[-1]
    return last.outcome, last.error


# What is delivered


def test_an_upscale_delivers_a_labelled_picture_and_its_proof(bench: Bench):
    source = _shoe()
    job = _order("upscale", _keep(source), envelope={"sku": "shoe", "channel": "web"})

    perform(job, bench)

    (result,) = _results(job)
    data = blobs.get(TENANT, result.blob_key)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (2 * SIDE, 2 * SIDE))
    assert _outcome(job) == ("succeeded", None)
    assert _attempt(job) == ("succeeded", None)
    assert (result.sha256, result.bytes) == (sha256(data).hexdigest(), len(data))
    assert (result.format, result.width, result.height) == ("png", 2 * SIDE, 2 * SIDE)
    assert (result.sku, result.channel, result.op) == ("shoe", "web", "upscale")
    assert (result.lease_token, result.seed) == (job.lease_token, job.seed)
    assert result.source_key == sha256(source).hexdigest()
    assert result.placement == [2, 0, 0, 0, 2, 0]
    assert labels.read(data) == labels.Label("enhanced", job.id)
    assert result.source_kind == "enhanced"
    assert result.model_version is None
    assert result.scores["backproj_psnr_db"] > 30
    assert rows.read(job.id).report["scale"] == 2  # type: ignore[index]


def test_every_stage_is_timed(bench: Bench):
    job = _order("upscale", _keep(_shoe()))

    perform(job, bench)

    (result,) = _results(job)
    stages = ("queue", "decode", "device", "score", "encode")
    assert all(getattr(result, f"{stage}_ms") >= 0 for stage in stages)
    assert result.device_ms > 0


def test_the_product_on_a_new_ground_is_the_product(bench: Bench):
    job = _order("background", _keep(_shoe()), rgb=BLUE)

    perform(job, bench)

    (result,) = _results(job)
    output = _delivered(result)
    source = images.read(_shoe()).image
    assert result.mask_key is not None
    mask = images.read_mask(blobs.get(TENANT, result.mask_key)) > 0.5
    assert result.product_identical
    assert result.product_psnr_db is None
    assert torch.equal(output * mask, source * mask)
    assert (output[0, :, 0, 0] * 255).round().tolist() == BLUE
    assert 0.5 < float(mask.sum()) / (np.pi * 20**2) < 1.2


def test_a_jpeg_of_it_is_measured_as_it_was_delivered(bench: Bench):
    envelope = {"output": {"format": "jpeg", "quality": 80}}
    job = _order("background", _keep(_shoe()), rgb=BLUE, envelope=envelope)

    perform(job, bench)

    (result,) = _results(job)
    assert blobs.get(TENANT, result.blob_key).startswith(b"\xff\xd8\xff")
    assert not result.product_identical
    assert 25 < (result.product_psnr_db or 0) < 60


def test_a_pictures_own_transparency_says_where_the_product_is(bench: Bench):
    job = _order("background", _keep(_shoe(alpha=True)), rgb=BLUE)

    perform(job, bench)

    (result,) = _results(job)
    assert result.mask_key is not None
    mask = images.read_mask(blobs.get(TENANT, result.mask_key))[0, 0] > 0.5
    own = images.read(_shoe(alpha=True)).alpha
    assert own is not None
    assert torch.equal(mask, own[0, 0] > 0.5)


def test_denoising_comes_nearer_to_the_clean_picture_than_the_noisy_one_was(bench: Bench):
    clean, noisy = _shoe(), _shoe(noise=15)
    job = _order(
        "denoise",
        _keep(noisy),
        engine="classical",
        sigma=15,
        envelope={"reference": _keep(clean)},
    )

    perform(job, bench)

    (result,) = _results(job)
    before = peak_signal_noise_ratio(
        *(np.asarray(Image.open(io.BytesIO(b))) for b in (clean, noisy))
    )
    output = _delivered(result)[0].permute(1, 2, 0).mul(255).round().numpy().astype(np.uint8)
    measured = peak_signal_noise_ratio(np.asarray(Image.open(io.BytesIO(clean))), output)
    assert result.psnr_db == pytest.approx(measured, abs=1e-3)
    assert result.psnr_db is not None
    assert result.psnr_db > before + 2
    assert result.reference_key == sha256(clean).hexdigest()


def test_a_network_works_on_it_and_its_version_is_named(bench: Bench, tmp_path: Path):
    version = _tiny_denoiser(tmp_path)
    job = _order("denoise", _keep(_shoe(noise=15)), sigma=15)
    rows.change(job.id, versions={"denoiser": version.id})

    perform(rows.read(job.id), bench)

    (result,) = _results(job)
    assert _outcome(job) == ("succeeded", None)
    assert result.model_version == "tiny@1"
    assert (result.width, result.height) == (SIDE, SIDE)


def _tiny_denoiser(folder: Path) -> versions.Version:
    card = Card("tiny", "denoiser", {"widths": [2, 2]}, "", "CC0", "none")
    card = weights.write(Denoiser(DenoiserConfig(widths=(2, 2))), folder / "tiny", card)
    key = blobs.put(TENANT, (folder / "tiny" / weights.MODEL_FILE).read_bytes())
    with transaction() as session:
        return versions.add(
            session,
            tenant=TENANT,
            name="tiny",
            network="denoiser",
            state="serving",
            weights_key=key,
            card=card.to_json(),
        )


def test_a_score_delivers_numbers_and_no_picture(bench: Bench):
    job = _order("score", _keep(_shoe()), _keep(_shoe(noise=8)))

    perform(job, bench)

    report = rows.read(job.id).report
    assert _outcome(job) == ("succeeded", None)
    assert _results(job) == []
    assert report is not None
    assert 25 < report["scores"]["psnr_db"] < 35
    assert report["identical"] is False


def test_two_pictures_that_are_one_are_said_to_be_identical(bench: Bench):
    job = _order("score", _keep(_shoe()), _keep(_shoe()))

    perform(job, bench)

    report = rows.read(job.id).report
    assert report is not None
    assert report["identical"] is True
    assert report["scores"]["psnr_db"] is None


def test_a_pipeline_delivers_each_step_if_asked(bench: Bench):
    steps = [{"op": "upscale"}, {"op": "background", "rgb": BLUE}]
    job = _order("pipeline", _keep(_shoe()), steps=steps, keep_steps=True)

    perform(job, bench)

    first, last = _results(job)
    assert (first.ordinal, last.ordinal) == (0, 1)
    assert (first.width, last.width) == (2 * SIDE, 2 * SIDE)
    assert (_delivered(last)[0, :, 0, 0] * 255).round().tolist() == BLUE
    assert last.source_kind == "enhanced"
    assert last.mask_key is not None
    assert first.mask_key is None
    assert _published() == [first.id, last.id]


def _published() -> list[str]:
    with reading() as session:
        return list(session.scalars(text("SELECT id FROM published_results ORDER BY ordinal")))


def test_a_result_is_the_picture_of_the_next_job(bench: Bench):
    first = _order("upscale", _keep(_shoe()))
    perform(first, bench)
    (made,) = _results(first)

    second = _order("background", made.id)
    perform(second, bench)

    (result,) = _results(second)
    assert _outcome(second) == ("succeeded", None)
    assert result.source_key == made.blob_key
    assert result.width == 2 * SIDE


def test_a_generated_picture_stays_a_generated_picture(bench: Bench):
    drawn = labels.write(_shoe(), format="png", source_kind="generated", job_id="another")
    job = _order("background", _keep(drawn))

    perform(job, bench)

    (result,) = _results(job)
    assert result.source_kind == "generated"
    assert labels.read(blobs.get(TENANT, result.blob_key)) == labels.Label("generated", job.id)


# What is not


def test_a_picture_that_is_not_there_fails_the_job(bench: Bench):
    job = _order("upscale", factories.NOWHERE)

    perform(job, bench)

    assert _outcome(job) == ("failed", "picture_not_found")
    assert _results(job) == []


def test_another_tenants_picture_is_not_there(bench: Bench):
    with transaction() as session:
        checked = Checked("0" * 64, "png", 1, 64, 64, "RGB", LOOK)
        theirs = pictures.register(session, "another", checked, name=None).picture.id
    job = _order("upscale", theirs)

    perform(job, bench)

    assert _outcome(job) == ("failed", "picture_not_found")


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"rotten")])
def test_a_picture_whose_bytes_are_gone_fails_the_job(
    bench: Bench, home: Path, harm: Callable[[Path], object]
):
    data = _shoe()
    key = sha256(data).hexdigest()
    job = _order("upscale", _keep(data))
    harm(home / "blobs" / TENANT / key[:2] / key)

    perform(job, bench)

    assert _outcome(job) == ("failed", "source_missing")


def test_a_missed_gate_fails_the_job_and_holds_its_picture(bench: Bench):
    envelope = {
        "reference": _keep(_shoe()),
        "gates": {"psnr_db": {"min": 99}, "ssim": {"min": 0.1}},
        "sku": "shoe",
    }
    job = _order("denoise", _keep(_shoe(noise=20)), engine="classical", envelope=envelope)

    perform(job, bench)

    (result,) = _results(job)
    row = rows.read(job.id)
    assert (row.state, row.error_code) == ("failed", "gate")
    assert (row.error_detail or "").startswith("psnr_db is ")
    assert "expected at least 99" in (row.error_detail or "")
    assert "ssim" not in (row.error_detail or "")
    assert (result.visibility, result.lease_token) == ("held", job.lease_token)
    assert len(blobs.get(TENANT, result.blob_key)) == result.bytes
    assert _published() == []


def test_a_gate_that_is_passed_publishes_the_picture(bench: Bench):
    envelope = {"gates": {"product_psnr_db": {"min": 99}}, "sku": "shoe"}
    job = _order("background", _keep(_shoe()), envelope=envelope)

    perform(job, bench)

    assert _outcome(job) == ("succeeded", None)  # identical: a flag satisfies every least
    assert _published() == [_results(job)[0].id]


def test_a_missed_gate_of_a_score_fails_it_with_its_numbers(bench: Bench):
    envelope = {"gates": {"psnr_db": {"min": 99}}}
    job = _order("score", _keep(_shoe()), _keep(_shoe(noise=8)), envelope=envelope)

    perform(job, bench)

    report = rows.read(job.id).report
    assert _outcome(job) == ("failed", "gate")
    assert report is not None
    assert report["scores"]["psnr_db"] < 99


def test_a_reference_of_another_size_fails_the_job(bench: Bench):
    envelope = {"reference": _keep(_shoe(noise=1))}
    job = _order("upscale", _keep(_shoe()), envelope=envelope)

    perform(job, bench)

    assert _outcome(job) == ("failed", "reference_size")
    assert _results(job) == []


def test_a_cutout_cannot_be_a_jpeg(bench: Bench):
    job = _order("cutout", _keep(_shoe()), envelope={"output": {"format": "jpeg"}})

    perform(job, bench)

    assert _outcome(job) == ("failed", "format_has_no_alpha")


def test_a_job_that_was_swept_and_claimed_again_is_not_touched(bench: Bench):
    slow = _order("upscale", _keep(_shoe()))
    rows.lease_ran_out(slow.id)
    with transaction() as session:
        transitions.sweep(session)
    (fast,) = rows.claim(owner="another")

    perform(slow, bench)

    row = rows.read(slow.id)
    assert (row.state, row.lease_owner, row.lease_token) == ("running", "another", 3)
    assert _results(slow) == []
    perform(fast, bench)
    assert [one.lease_token for one in _results(fast)] == [3]


def test_a_late_missed_gate_is_refused_too(bench: Bench):
    envelope = {"reference": _keep(_shoe()), "gates": {"psnr_db": {"min": 99}}}
    slow = _order("denoise", _keep(_shoe(noise=9)), engine="classical", envelope=envelope)
    rows.lease_ran_out(slow.id)
    with transaction() as session:
        transitions.sweep(session)

    perform(slow, bench)

    assert rows.read(slow.id).state == "queued"
    assert _results(slow) == []


def _lease(job: Job) -> Lease:
    return rows.lease_of(job)


def test_a_job_that_somebody_cancelled_is_put_down(bench: Bench):
    job = _order("upscale", _keep(_shoe()))
    rows.change(job.id, cancel_requested_at=job.started_at)
    bench.leases.hold(_lease(job))
    bench.leases._look_for_stops()

    perform(job, bench)

    assert _outcome(job) == ("cancelled", "cancelled")
    assert _results(job) == []


def test_a_finished_job_is_let_go(bench: Bench):
    job = _order("upscale", _keep(_shoe()))
    bench.leases.hold(_lease(job))

    perform(job, bench)

    assert bench.leases.held() == []


def test_a_job_whose_picture_was_erased_between_a_batchs_check_and_its_rows_fails(bench: Bench):
    picture = _keep(_shoe())
    order = rows.order(operation={"picture": picture})
    with reading() as session:
        known = admission.look_up(session, TENANT, [order])
    batch_id = new_id()
    draft = jobs.draft(TENANT, order, known.sources, batch_id=batch_id)
    with transaction() as session:
        erasure.erase_picture(session, TENANT, picture)
    with transaction() as session:
        lines = [batches.Line(1, draft)]
        batches.create(session, TENANT, lines, batch_id=batch_id, digest="0" * 64)
    (job,) = rows.claim()

    perform(job, bench)

    assert _outcome(job) == ("failed", "picture_not_found")
    assert _results(job) == []


def test_a_full_disk_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    job = _order("upscale", _keep(_shoe()))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("db.stores.Folder._write", full)
        perform(job, bench)

    row = rows.read(job.id)
    assert (row.state, row.error_code, row.attempt) == ("queued", "storage", 1)
    assert row.scheduled_at > row.created_at
    assert _attempt(job)[0] == "retry"
    assert _results(job) == []
    rows.is_due_now(job.id)
    (again,) = rows.claim()
    perform(again, bench)
    assert _outcome(job) == ("succeeded", None)


def test_a_surprise_is_tried_again_until_the_attempts_are_spent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    def surprise(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("workers.edit.upscale", surprise)
    job = _order("upscale", _keep(_shoe()))
    states = []
    for _ in range(3):
        perform(job, bench)
        states.append(_outcome(job))
        rows.is_due_now(job.id)
        job = next(iter(rows.claim()), job)

    assert states == [("queued", "unexpected"), ("queued", "unexpected"), ("dead", "unexpected")]
    assert rows.read(job.id).error_detail == "ZeroDivisionError: division by zero"


def test_gates_of_a_pipeline_are_of_its_last_picture(bench: Bench):
    steps = [{"op": "background"}, {"op": "place", "width": 80, "height": 80}]
    job = _order(
        "pipeline",
        _keep(_shoe()),
        steps=steps,
        keep_steps=True,
        envelope={"gates": {"product_psnr_db": {"min": 30}}},
    )

    perform(job, bench)

    assert rows.read(job.id).state == "succeeded", rows.read(job.id).error_detail
