"""Results through the door: found by product and score, their bytes given back."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from db import blobs
from db.engine import transaction
from tests import factories, rows
from tests.factories import NOWHERE


def deliver(**columns: Any) -> str:
    """The id of a new result of a job of its own."""
    lease = rows.running()
    with transaction() as session:
        row = rows.result(lease, **columns)
        session.add(row)
        return row.id


def found(client: TestClient, query: str) -> list[str]:
    return [row["id"] for row in client.get(f"/v1/results?{query}").json()["items"]]


def test_a_head_is_answered_like_a_get_without_the_bytes(client: TestClient) -> None:
    key = blobs.put("shop", factories.webp())
    url = f"/v1/results/{deliver(blob_key=key, sha256=key, format='webp')}/content"

    whole, head = client.get(url), client.head(url)

    for told in (whole, head):  # of each request its own
        del told.headers["x-request-id"], told.headers["ratelimit"]
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers
    assert client.head(f"/v1/results/{NOWHERE}/content").status_code == 404


def test_a_result_tells_what_it_is_and_what_proves_it(client: TestClient) -> None:
    key = "a" * 64
    result_id = deliver(
        psnr_db=31.5,
        ssim=None,
        identical=True,
        source_key=key,
        placement=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        scores={"mask_agreement": 0.9},
        device_ms=12.5,
    )

    told = client.get(f"/v1/results/{result_id}").json()

    assert (told["psnr_db"], told["ssim"], told["identical"]) == (31.5, None, True)
    assert told["keys"] == {"source": key, "reference": None, "mask": None, "edit_mask": None}
    assert told["placement"] == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert told["scores"] == {"mask_agreement": 0.9}
    assert told["links"]["content"] == f"/v1/results/{result_id}/content"
    assert told["links"]["job"] == f"/v1/jobs/{told['job_id']}"


@pytest.mark.parametrize("visibility", ["published", "held"])
def test_a_results_bytes_are_given_back_and_flagged(client: TestClient, visibility: str) -> None:
    data = factories.webp()
    key = blobs.put("shop", data)
    result_id = deliver(blob_key=key, sha256=key, format="webp", visibility=visibility)

    answer = client.get(f"/v1/results/{result_id}/content")

    assert answer.content == data
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["content-disposition"] == f'attachment; filename="{result_id}.webp"'
    assert answer.headers["x-visibility"] == visibility
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_results_are_found_by_product_and_score(client: TestClient) -> None:
    low = deliver(sku="S-1", channel="web", psnr_db=20.0, ssim=0.5)
    high = deliver(sku="S-1", channel="app", psnr_db=40.0, ssim=0.9, product_psnr_db=50.0)
    unscored = deliver(op="denoise")
    held = deliver(visibility="held")
    job_id = rows.read(client.get(f"/v1/results/{low}").json()["job_id"]).id

    assert found(client, "sku=S-1") == [high, low]
    assert found(client, "sku=S-1&channel=web") == [low]
    assert found(client, f"job_id={job_id}") == [low]
    assert found(client, "op=denoise") == [unscored]
    assert found(client, "min_psnr_db=30") == [high]
    assert found(client, "min_ssim=0.4") == [high, low]
    assert found(client, "min_product_psnr_db=45") == [high]
    assert found(client, "visibility=held") == [held]
    assert len(found(client, "visibility=all")) == 4


def test_results_come_in_pages_each_once(client: TestClient) -> None:
    made = [deliver() for _ in range(5)]

    first = client.get("/v1/results?limit=3").json()
    second = client.get("/v1/results", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [row["id"] for row in first["items"] + second["items"]] == sorted(made, reverse=True)
    assert second["next_cursor"] is None


@pytest.mark.parametrize("result_id", [NOWHERE, "1", "%00", "x" * 5000])
@pytest.mark.parametrize("suffix", ["", "/content"])
def test_an_id_that_names_no_result_is_not_found(
    client: TestClient, result_id: str, suffix: str
) -> None:
    missing = client.get(f"/v1/results/{result_id}{suffix}")

    assert (missing.status_code, missing.json()["code"]) == (404, "result_not_found")


@pytest.mark.parametrize("suffix", ["", "/content"])
def test_another_tenants_result_is_not_found(other_shop: TestClient, suffix: str) -> None:
    result_id = deliver()

    missing = other_shop.get(f"/v1/results/{result_id}{suffix}")

    assert (missing.status_code, missing.json()["code"]) == (404, "result_not_found")
    assert found(other_shop, "visibility=all") == []
