"""The grid of an epoch: a PNG for its own shop, by the link that the epoch has."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from starlette.testclient import TestClient

from db import blobs, datasets
from db.engine import transaction
from tests import rows
from tests.factories import NOWHERE, png
from tests.rows import TENANT


@pytest.fixture
def job_id(home: object) -> str:
    """A training with one epoch that has a grid, and one that has none."""
    job_id = rows.queued("train", envelope={"operation": {"dataset": "d", "network": "gan"}})
    key = blobs.put(TENANT, png(48, 32))
    values = {
        "losses": {"generator": 0.5}, "val_psnr_db": None, "val_ssim": None, "identical": 0,
        "learning_rate": 1e-3, "seconds": 2.0, "images_per_s": 99.0, "peak_memory_mb": 321.5,
    }  # fmt: skip
    with transaction() as session:
        datasets.record_epoch(session, job_id, 1, {**values, "grid_key": key})
        datasets.record_epoch(session, job_id, 2, values)
    return job_id


def test_an_epoch_links_to_its_grid(client: TestClient, job_id: str) -> None:
    first, second = client.get(f"/v1/jobs/{job_id}").json()["epochs"]
    answer = client.get(first["grid"])

    assert first["peak_memory_mb"] == 321.5
    assert second["grid"] is None
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (48, 32)


def test_a_grid_that_the_caller_has_is_not_sent_again(client: TestClient, job_id: str) -> None:
    url = f"/v1/jobs/{job_id}/epochs/1/grid"
    tag = client.head(url).headers["etag"]

    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["{job}/epochs/2/grid", "{job}/epochs/3/grid", "{job}/epochs/0/grid", "{job}/epochs/-1/grid",
     "{job}/epochs/99999999999999999999/grid", f"{NOWHERE}/epochs/1/grid", "x/epochs/1/grid"],
)  # fmt: skip
def test_an_epoch_without_a_grid_has_none(client: TestClient, job_id: str, path: str) -> None:
    answer = client.get(f"/v1/jobs/{path.format(job=job_id)}")

    assert (answer.status_code, answer.json()["code"]) == (404, "grid_not_found")


def test_another_shop_sees_no_grid(
    serve: Callable[..., TestClient], other_shop: TestClient, job_id: str
) -> None:
    answer = other_shop.get(f"/v1/jobs/{job_id}/epochs/1/grid")

    assert (answer.status_code, answer.json()["code"]) == (404, "grid_not_found")
