"""`try_on` with `method: model` through `perform`: by the version that is served, or by none."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from sqlalchemy import select

from db.engine import reading
from db.tables.jobs import Job
from db.tables.results import Result
from models import images, weights
from models.data.figures import Cloth, Cut, flat, person
from models.networks.warp import WarpConfig, WarpNet
from models.weights import Card
from tests import benches, rows, tiny
from tests.shots import keep
from workers.perform import Bench, perform

SIZE = 128
SMALL = WarpConfig(levels=(4, 4, 8, 8), width=8)
POSE = Cut(top=0.28, hem=0.62, half=0.14, flare=0.95, sleeve=0.16, cuff=0.035, angle_deg=45)


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with benches.set_up(max_batch=4) as bench:
        yield bench


def _as_it_lies(folder: Path) -> str:
    """The id of a version that tells every garment to lie as it does."""
    network = WarpNet(SMALL)
    with torch.no_grad():
        network.out.weight.zero_()
    card = Card("tiny", "warp", asdict(SMALL), "", "CC0", "none")
    card = weights.write(network, folder / "tiny", card)
    return tiny.add(folder / "tiny", card).id


def _queued() -> Job:
    body, worn = person(Cloth((0.3, 0.5, 0.4), (0.3, 0.5, 0.42)), POSE, size=SIZE)
    garment = torch.cat(flat(Cloth(stripes=2.0), size=SIZE, cut=POSE), dim=1)
    operation = {
        name: keep(images.encode(image, format="png"))
        for name, image in (("picture", body), ("garment", garment), ("clothes_mask", worn))
    }
    rows.queued("try_on", envelope={"operation": operation | {"method": "model"}})
    (job,) = rows.claim()
    return job


def test_the_version_that_told_the_warp_is_named(bench: Bench, tmp_path: Path) -> None:
    version = _as_it_lies(tmp_path)
    job = _queued()
    rows.change(job.id, versions={"warp": version})

    perform(rows.read(job.id), bench)

    ended = rows.read(job.id)
    assert ended.state == "succeeded", ended.error_detail
    assert ended.report["landmarks"] == "told"
    with reading() as session:
        (result,) = session.scalars(select(Result).where(Result.job_id == job.id))
    assert result.model_version == "tiny@1"
    assert result.source_kind == "enhanced"
    assert result.scores["protected_max_abs"] == 0
    assert len(result.scores["details"]["warp"]["control"]) == 25
