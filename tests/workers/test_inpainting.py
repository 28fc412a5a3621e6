"""Texture drawn into a hole through `perform`, by a version that was trained; the file says so."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from PIL import Image
from sqlalchemy import select

from db import blobs
from db.engine import reading
from db.tables.results import Result
from models import images, labels, weights
from models.networks.inpainter import Inpainter, InpainterConfig
from models.weights import Card
from tests import benches, factories, rows, tiny
from tests.shots import keep
from workers.perform import Bench, perform

SMALL = InpainterConfig(levels=(8, 8, 16), dilations=(1, 2))
SIDE = 96


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _inpainter(folder: Path) -> str:
    torch.manual_seed(1)
    card = Card("tiny", "inpainter", asdict(SMALL), "", "CC0", "none")
    card = weights.write(Inpainter(SMALL), folder / "tiny", card)
    return tiny.add(folder / "tiny", card).id


def _png(colour: str, spot: str) -> str:
    sheet = Image.new("RGB", (SIDE, SIDE), colour)
    sheet.paste(spot, (30, 30, 60, 60))
    return keep(factories.encoded(sheet, "PNG"))


def test_what_a_network_drew_is_in_the_hole_alone_and_the_file_says_so(
    bench: Bench, tmp_path: Path
) -> None:
    version = _inpainter(tmp_path)
    operation = {
        "picture": _png("#808080", "#101010"),
        "mask": _png("#000000", "#ffffff"),
        "engine": "network",
        "dilate_px": 0,
        "feather_px": 0,
    }
    rows.queued("inpaint", envelope={"operation": operation})
    (job,) = rows.claim()
    rows.change(job.id, versions={"inpainter": version})

    perform(rows.read(job.id), bench)

    ended = rows.read(job.id)
    assert ended.state == "succeeded", ended.error_detail
    assert ended.report["engine"] == "network"
    with reading() as session:
        (result,) = session.scalars(select(Result).where(Result.job_id == job.id))
    assert result.model_version == "tiny@1"
    data = blobs.get(rows.TENANT, result.blob_key)
    assert labels.read(data).source_kind == "composite"
    levels = images.read(data).image.mul(255).round()
    hole = levels[..., 30:60, 30:60].clone()
    levels[..., 30:60, 30:60] = 128
    assert torch.equal(levels, torch.full_like(levels, 128))
    assert hole.std() > 0
