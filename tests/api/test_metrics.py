"""What Prometheus reads from the API, and who may read it."""

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.testclient import TestClient

from api import metrics
from db import queues
from db.engine import transaction
from tests import issued, rows

Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "REMEMBERED_S", 0.0)
    monkeypatch.setattr(metrics.of_the_table, "_good_until", 0.0)


def read(client: TestClient) -> Numbers:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(numbers: Numbers, name: str, **labels: str) -> float:
    return numbers.get((name, frozenset(labels.items())), 0.0)


def test_the_table_is_told_queue_by_queue(client: TestClient) -> None:
    rows.queued()
    rows.queued()
    with transaction() as session:
        queues.pause(session, "train")

    found = read(client)

    assert of(found, "packshot_database_up") == 1
    assert of(found, "packshot_jobs", queue="gpu", state="due") == 2
    assert of(found, "packshot_jobs", queue="gpu", state="running") == 0
    assert of(found, "packshot_oldest_due_seconds", queue="gpu") >= 0
    assert of(found, "packshot_queue_paused", queue="train") == 1
    assert ("packshot_workers", frozenset({("queue", "gpu"), ("state", "ready")})) in found


def test_requests_are_counted_by_route_and_not_by_path(client: TestClient) -> None:
    asked = {"method": "GET", "route": "/v1/jobs/{job_id}"}
    before = read(client)

    client.get("/v1/jobs/one")
    client.get("/v1/jobs/two")
    client.get("/no/such/page")
    client.request("BREW", "/v1/jobs")

    after = read(client)
    name = "packshot_http_requests_total"
    assert of(after, name, **asked, status="404") - of(before, name, **asked, status="404") == 2
    taken = "packshot_http_request_seconds_count"
    assert of(after, taken, **asked) - of(before, taken, **asked) == 2
    nowhere = {"method": "GET", "route": "-", "status": "404"}
    assert of(after, name, **nowhere) - of(before, name, **nowhere) == 1
    told = {value for _, labels in after for key, value in labels if key == "method"}
    assert "BREW" not in told


def test_a_key_must_open_it(client: TestClient) -> None:
    def status(key: str | None) -> int:
        stranger = TestClient(client.app, headers=issued.headers(key) if key else {})
        return stranger.get("/metrics").status_code

    assert status(None) == 401
    assert status(issued.key(scopes=["jobs:read"])) == 403
    assert status(issued.key(scopes=["metrics"])) == 200
    assert status(issued.key(scopes=["admin"])) == 200


def test_it_opens_to_all_where_the_operator_says_so(serve: Callable[..., TestClient]) -> None:
    opened = serve(metrics="open")

    assert TestClient(opened.app).get("/metrics").status_code == 200


def test_without_its_tables_the_rest_is_told(client: TestClient) -> None:
    with transaction() as session:
        session.execute(text("DROP TABLE queue"))

    found = read(client)

    assert of(found, "packshot_database_up") == 0
    assert not [name for name, _ in found if name == "packshot_jobs"]
    assert [name for name, _ in found if name == "packshot_http_requests_total"]
