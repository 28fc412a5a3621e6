"""A product drawn from a sketch through `perform`: by a version that was trained, or not at all."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from sqlalchemy import select

from db import blobs
from db.engine import reading
from db.tables.results import Result
from models import images, labels, weights
from models.data import palette
from models.metrics.label_iou import found_region
from models.networks.translator import Source, Translator, TranslatorConfig
from models.weights import Card
from tests import benches, factories, rows, tiny
from tests.shots import keep
from workers.perform import Bench, perform

SMALL = TranslatorConfig(2, image_size=32, levels=(8, 8, 16))


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _translator(folder: Path, source: Source = "edges") -> str:
    torch.manual_seed(1)
    config = replace(SMALL, source=source)
    card = Card("tiny", "translator", asdict(config), "", "CC0", "none", categories=("bag", "shoe"))
    card = weights.write(Translator(config), folder / "tiny", card)
    return tiny.add(folder / "tiny", card).id


def _sketch() -> Image.Image:
    sheet = Image.new("RGB", (200, 160), (250, 250, 248))
    ImageDraw.Draw(sheet).rectangle((50, 40, 150, 120), outline=(20, 20, 20), width=4)
    return sheet


def _map(category: int) -> Image.Image:
    """A box of a category's body on ground."""
    sheet = Image.new("RGB", (64, 64))
    colour = palette.colours(2)[palette.label_for(category, 0)].tolist()
    ImageDraw.Draw(sheet).rectangle((16, 16, 47, 47), fill=tuple(colour))
    return sheet


def _done(
    bench: Bench, version: str, sheet: Image.Image | None = None, **given: Any
) -> tuple[Any, list[Result]]:
    picture = keep(factories.encoded(sheet or _sketch(), "PNG"))
    rows.queued("translate", envelope={"operation": {"picture": picture, **given}})
    (job,) = rows.claim()
    rows.change(job.id, versions={"translator": version})
    perform(rows.read(job.id), bench)
    with reading() as session:
        found = list(session.scalars(select(Result).where(Result.job_id == job.id)))
    return rows.read(job.id), found


def test_what_was_drawn_is_labelled_as_generated_and_names_its_version(
    bench: Bench, tmp_path: Path
) -> None:
    job, (result,) = _done(bench, _translator(tmp_path), category="Shoe")

    assert job.state == "succeeded", job.error_detail
    assert job.report["label"] == 1
    assert (result.width, result.height, result.model_version) == (32, 32, "tiny@1")
    assert result.psnr_db is None
    data = blobs.get(rows.TENANT, result.blob_key)
    assert labels.read(data).source_kind == "generated"
    assert images.read(data).image.shape == (1, 3, 32, 32)


def test_a_photograph_s_own_picture_is_what_it_is_measured_by(bench: Bench, tmp_path: Path) -> None:
    job, (result,) = _done(bench, _translator(tmp_path), kind="photograph")

    assert job.state == "succeeded", job.error_detail
    assert result.psnr_db is not None
    assert result.ssim is not None


def test_a_category_that_it_does_not_know_fails_the_job(bench: Bench, tmp_path: Path) -> None:
    job, found = _done(bench, _translator(tmp_path), category="teapot")

    assert (job.state, job.error_code, found) == ("failed", "category_unknown", [])


def test_a_version_of_label_maps_reads_one_and_tells_how_much_lies_where_it_was_asked_for(
    bench: Bench, tmp_path: Path
) -> None:
    job, (result,) = _done(bench, _translator(tmp_path, "labels"), _map(1))

    assert job.state == "succeeded", job.error_detail
    assert job.report["label"] == 1
    found = found_region(images.read(blobs.get(rows.TENANT, result.blob_key)).image)[0, 0] > 0.5
    asked = torch.zeros(32, 32, dtype=torch.bool)
    asked[8:24, 8:24] = True
    expected = (found & asked).sum() / (found | asked).sum()
    assert result.scores["label_iou"] == pytest.approx(expected.item())
    assert result.psnr_db is None


@pytest.mark.parametrize(
    ("sheet", "given", "code"),
    [
        ("sketch", {}, "labels_unknown"),
        ("map", {"kind": "photograph"}, "labels_unknown"),
        ("map", {"category": "shoe"}, "labels_mixed"),
        ("ground", {}, "labels_empty"),
    ],
)
def test_what_is_no_clear_map_fails_the_job(
    bench: Bench, tmp_path: Path, sheet: str, given: dict[str, str], code: str
) -> None:
    pictures = {"sketch": _sketch(), "map": _map(0), "ground": Image.new("RGB", (64, 64))}

    job, found = _done(bench, _translator(tmp_path, "labels"), pictures[sheet], **given)

    assert (job.state, job.error_code, found) == ("failed", code, [])
