"""The operator's verbs over HTTP, and who may use them."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from db.engine import reading
from db.tables.workers import Worker
from tests import rows

W1 = "01a2096d-ffd8-7ba9-9375-643d2b5bf960"


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr("api.routes.queues.ring", rung.append)
    return rung


def _queue(client: TestClient, name: str) -> dict[str, object]:
    items = client.get("/v1/queues").json()["items"]
    return next(item for item in items if item["name"] == name)


def test_every_queue_is_told_with_what_waits_in_it(client: TestClient) -> None:
    rows.queued()
    rows.queued()

    items = client.get("/v1/queues").json()["items"]

    assert [item["name"] for item in items] == ["gpu", "train", "cpu"]
    assert (items[0]["queued"], items[0]["due"], items[0]["running"]) == (2, 2, 0)
    assert items[1]["oldest_due_s"] is None


def test_a_paused_queue_says_so_and_nothing_is_taken_from_it(
    client: TestClient, bell: list[str]
) -> None:
    rows.queued()

    answer = client.post("/v1/queues/gpu/pause")

    assert answer.status_code == 200
    assert answer.json()["paused_at"] is not None
    assert answer.json()["queued"] == 1
    assert rows.claim() == []
    assert bell == []


def test_a_resumed_queue_is_rung_so_that_nobody_waits_for_a_clock(
    client: TestClient, bell: list[str]
) -> None:
    client.post("/v1/queues/gpu/pause")

    answer = client.post("/v1/queues/gpu/resume")

    assert answer.json()["paused_at"] is None
    assert bell == ["gpu"]
    assert _queue(client, "gpu")["paused_at"] is None


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.parametrize("name", ["gpux", "hooks", "%00"])
def test_a_queue_that_does_not_exist_is_told_by_its_code(
    client: TestClient, bell: list[str], verb: str, name: str
) -> None:
    answer = client.post(f"/v1/queues/{name}/{verb}")

    assert (answer.status_code, answer.json()["code"]) == (404, "queue_not_found")
    assert bell == []


def test_a_worker_is_asked_to_drain(client: TestClient) -> None:
    worker_id = rows.worker(W1)

    answer = client.post(f"/v1/workers/{worker_id}/drain")

    assert answer.status_code == 202
    assert answer.json()["drain_requested_at"] is not None
    with reading() as session:
        assert session.get_one(Worker, worker_id).drain_requested_at is not None


def test_a_worker_that_does_not_work_cannot_be_drained(client: TestClient) -> None:
    answer = client.post("/v1/workers/nobody/drain")

    assert (answer.status_code, answer.json()["code"]) == (404, "worker_not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/queues"),
        ("POST", "/v1/queues/gpu/pause"),
        ("POST", "/v1/queues/gpu/resume"),
        ("POST", f"/v1/workers/{W1}/drain"),
    ],
)
def test_only_an_operator_may(
    serve: Callable[..., TestClient], other_shop: TestClient, method: str, path: str
) -> None:
    rows.worker(W1)

    answer = other_shop.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    with reading() as session:
        assert session.get_one(Worker, W1).drain_requested_at is None
