"""Shadows, grounds, light and colours through `perform`: what is delivered, and what proves it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from db import blobs, pictures, versions
from db.engine import reading, transaction
from db.intake import Checked
from db.tables.jobs import Job
from db.tables.results import Result
from models import images, labels
from tests import benches, factories, rows
from tests.factories import LOOK
from tests.rows import TENANT
from workers import register
from workers.perform import Bench, perform


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _box(mode: str = "RGB") -> Image.Image:
    """A striped box on a light ground; in RGBA, cut out of it."""
    image = Image.new("RGB", (80, 64), (235, 233, 230))
    draw = ImageDraw.Draw(image)
    for row in range(16, 44):
        draw.line((24, row, 55, row), fill=(150, 40 + 3 * row, 30))
    if mode == "RGBA":
        alpha = Image.new("L", image.size)
        ImageDraw.Draw(alpha).rectangle((24, 16, 55, 43), fill=255)
        image.putalpha(alpha)
    return image.convert(mode) if mode != "RGBA" else image


def _keep(image: Image.Image | bytes, kind: str = "PNG") -> str:
    """The id of a picture that passed the door."""
    data = image if isinstance(image, bytes) else factories.encoded(image, kind)
    key = blobs.put(TENANT, data)
    with Image.open(io.BytesIO(data)) as opened:
        checked = Checked(
            key, (opened.format or "").lower(), len(data), *opened.size, opened.mode, LOOK
        )
    with transaction() as session:
        return pictures.register(session, TENANT, checked, name=None).picture.id


def _done(bench: Bench, op: str, *, envelope: dict[str, Any] | None = None, **given: Any) -> Job:
    rows.queued(op, envelope={"operation": given, **(envelope or {})})
    (job,) = rows.claim()
    perform(job, bench)
    return rows.read(job.id)


def _result(job: Job) -> Result:
    with reading() as session:
        (found,) = session.query(Result).filter(Result.job_id == job.id)
    return found


def _delivered(result: Result) -> torch.Tensor:
    return images.read(blobs.get(TENANT, result.blob_key)).image


@pytest.mark.parametrize("kind", ["contact", "drop", "reflection"])
def test_a_shadows_proof_is_that_the_product_is_the_sources(bench: Bench, kind: str) -> None:
    result = _result(_done(bench, "shadow", picture=_keep(_box()), kind=kind))

    assert result.product_identical
    assert not result.unproven
    assert result.source_kind == "enhanced"


def test_a_shadow_of_a_cut_out_is_delivered_transparent(bench: Bench) -> None:
    result = _result(_done(bench, "shadow", picture=_keep(_box("RGBA"))))

    alpha = images.read(blobs.get(TENANT, result.blob_key)).alpha
    assert alpha is not None
    assert 0.1 < float(alpha[0, 0, 44, 40]) < 0.9
    assert result.product_identical


@pytest.mark.parametrize("mode", ["L", "CMYK", "I;16"])
def test_a_picture_of_any_mode_gets_its_shadow(bench: Bench, mode: str) -> None:
    image = _box("L").convert("I;16") if mode == "I;16" else _box(mode)
    if mode == "I;16":
        image = image.point(lambda level: level * 256)

    job = _done(bench, "shadow", picture=_keep(image, "JPEG" if mode == "CMYK" else "PNG"))

    result = _result(job)
    assert result.product_identical or (result.product_psnr_db or 0) > 45


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "gradient", "palette": [[250, 240, 230], [20, 40, 90]], "angle_deg": 30.0},
        {"kind": "studio"},
        {"kind": "blur"},
    ],
    ids=lambda given: given["kind"],
)
def test_before_any_ground_the_product_is_the_sources(bench: Bench, given: dict[str, Any]) -> None:
    result = _result(_done(bench, "background", picture=_keep(_box()), **given))

    assert result.product_identical
    assert result.source_kind == "enhanced"


def test_before_a_ground_that_is_generated_a_photograph_is_a_composite(bench: Bench) -> None:
    job = _done(bench, "background", picture=_keep(_box()), kind="generated", seed=5)

    result = _result(job)
    assert result.product_identical
    label = labels.read(blobs.get(TENANT, result.blob_key))
    assert label == labels.Label("composite", job.id)


def test_a_seed_generates_the_same_ground_again_and_another_one_another(bench: Bench) -> None:
    picture = _keep(_box())

    first, again, other = (
        _delivered(_result(_done(bench, "background", picture=picture, kind="generated", seed=s)))
        for s in (5, 5, 6)
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_several_generated_grounds_have_the_seeds_behind_one_another(bench: Bench) -> None:
    picture, asked = _keep(_box()), {"kind": "generated", "seed": 5}

    job = _done(bench, "background", picture=picture, n=3, **asked)

    with reading() as session:
        found = session.query(Result).filter(Result.job_id == job.id).order_by(Result.ordinal).all()
    alone = _result(_done(bench, "background", picture=picture, **{**asked, "seed": 7}))
    assert [one.scores["details"]["seed"] for one in found] == [5, 6, 7]
    assert all(one.product_identical and one.mask_key for one in found)
    assert torch.equal(_delivered(found[2]), _delivered(alone))
    assert not torch.equal(_delivered(found[0]), _delivered(found[1]))


def test_another_picture_becomes_the_ground(bench: Bench) -> None:
    plate = _keep(Image.new("RGB", (200, 100), (10, 120, 60)))

    job = _done(bench, "background", picture=_keep(_box()), kind="picture", plate=plate)

    result = _result(job)
    assert (_delivered(result)[0, :, 2, 2] * 255).round().tolist() == [10, 120, 60]
    assert result.product_identical


@pytest.mark.parametrize(
    ("drawn", "becomes"), [("generated", "composite"), ("enhanced", "enhanced")]
)
def test_before_what_a_network_drew_a_photograph_is_a_composite(
    bench: Bench, drawn: labels.SourceKind, becomes: str
) -> None:
    ground = factories.encoded(Image.new("RGB", (80, 64), (10, 120, 60)), "PNG")
    plate = _keep(labels.write(ground, format="png", source_kind=drawn, job_id="another"))

    job = _done(bench, "background", picture=_keep(_box()), kind="picture", plate=plate)

    result = _result(job)
    assert result.source_kind == becomes
    label = labels.read(blobs.get(TENANT, result.blob_key))
    assert label == labels.Label(result.source_kind, job.id)


def test_a_step_has_a_ground_of_its_own(bench: Bench) -> None:
    plate = _keep(Image.new("RGB", (50, 50), (10, 120, 60)))
    steps = [
        {"op": "cutout"},
        {"op": "shadow"},
        {"op": "background", "kind": "picture", "plate": plate},
    ]

    result = _result(_done(bench, "pipeline", picture=_keep(_box()), steps=steps))

    assert (_delivered(result)[0, :, 2, 2] * 255).round().tolist() == [10, 120, 60]
    assert result.product_identical or (result.product_psnr_db or 0) > 45
    assert result.source_kind == "enhanced"


def test_what_cannot_be_done_fails_the_job_by_its_code(bench: Bench) -> None:
    full = _keep(Image.new("L", (80, 64), 255))

    job = _done(bench, "shadow", picture=_keep(_box()), mask=full)

    assert (job.state, job.error_code) == ("failed", "mask_full")


def test_a_picture_comes_into_the_light_of_another(bench: Bench) -> None:
    evening = _keep(Image.new("RGB", (40, 40), (200, 120, 60)))

    result = _result(_done(bench, "relight", picture=_keep(_box()), target=evening))

    red, green, blue = _delivered(result).mean(dim=(0, 2, 3)).tolist()
    assert red > green > blue
    assert result.source_kind == "enhanced"


def test_each_step_has_a_target_of_its_own(bench: Bench) -> None:
    red, blue = (_keep(Image.new("RGB", (40, 40), rgb)) for rgb in ((200, 90, 60), (60, 90, 200)))
    steps = [{"op": "relight", "target": red}, {"op": "relight", "target": blue}]

    result = _result(_done(bench, "pipeline", picture=_keep(_box()), steps=steps))

    means = _delivered(result).mean(dim=(0, 2, 3)).tolist()
    assert means[2] > means[0]


def test_a_ground_gets_a_colour_and_the_product_none(bench: Bench) -> None:
    sand = _keep(Image.new("RGB", (40, 40), (225, 205, 180)))

    job = _done(
        bench, "match_color", picture=_keep(_box()), target=sand, region="ground",
        target_region="whole",
    )  # fmt: skip

    result = _result(job)
    assert result.product_identical
    assert result.protected_identical
    assert result.scores["protected_max_abs"] == 0
    assert job.report is not None
    assert job.report["delta_e_after"] < 2 < job.report["delta_e_before"]


def test_a_style_is_scored_by_what_is_left_and_how_near_it_came(bench: Bench) -> None:
    light = Image.radial_gradient("L").resize((64, 64))
    tints = [light, light.point(lambda level: level // 2), light.point(lambda level: level // 4)]
    style = _keep(Image.merge("RGB", tints))
    picture = _keep(_box())

    results = [
        _result(_done(bench, "stylize", picture=picture, style=style, strength=strength))
        for strength in (0.0, 0.5, 1.0)
    ]

    content, distance = (
        [result.scores[name] for result in results] for name in ("content_ssim", "style_distance")
    )
    assert content == sorted(set(content), reverse=True)
    assert distance == sorted(set(distance), reverse=True)
    assert content[0] == pytest.approx(1)
    assert all(result.product_identical and result.protected_identical for result in results)


def test_a_style_can_be_gated(bench: Bench) -> None:
    style, gates = (
        _keep(Image.new("RGB", (20, 20), (200, 90, 60))),
        {"content_ssim": {"min": 0.999}},
    )

    job = _done(bench, "stylize", picture=_keep(_box()), style=style, envelope={"gates": gates})

    assert (job.state, job.error_code) == ("failed", "gate")


def test_a_style_s_look_is_given_by_the_network_that_ships_and_the_product_stays(
    bench: Bench,
) -> None:
    register.register()
    style = _keep(Image.linear_gradient("L").convert("RGB").resize((64, 64)))
    rows.queued(
        "stylize",
        envelope={"operation": {"picture": _keep(_box()), "style": style, "method": "adain"}},
    )
    (job,) = rows.claim()
    with reading() as session:
        serving = versions.serving(session, TENANT, "style")
    rows.change(job.id, versions={"style": serving.id})

    perform(rows.read(job.id), bench)

    result = _result(rows.read(job.id))
    assert result.model_version == "style-photo@1"
    assert result.source_kind == "enhanced"
    assert result.product_identical
    assert result.protected_identical
    assert 0 < result.scores["content_ssim"] < 1
    assert result.scores["style_distance"] > 0
