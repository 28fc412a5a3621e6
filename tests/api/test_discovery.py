"""What there is, and whether it answers."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api import readiness
from api.errors import PROBLEMS
from db import settings as db_settings
from db import versions
from db.blobs import SHIPPED
from db.default_secrets import DefaultSecret
from db.engine import transaction
from db.migrate import WrongRevision
from db.operations.union import OPERATIONS
from tests import rows
from workers import settings as worker_settings
from workers.settings import UnsafeBroker


def test_every_operation_tells_its_queue_and_its_parameters(client: TestClient) -> None:
    told = client.get("/v1/operations").json()["operations"]

    assert set(told) == set(OPERATIONS)
    assert told["train"]["queue"] == "train"
    assert told["denoise"]["schema"]["properties"]["sigma"]["anyOf"][0]["maximum"] == 75.0
    assert told["denoise"]["schema"]["additionalProperties"] is False


def test_one_operation_is_told_by_its_name(client: TestClient) -> None:
    all_of_them = client.get("/v1/operations").json()["operations"]

    assert client.get("/v1/operations/recolor").json() == all_of_them["recolor"]
    assert client.get("/v1/operations/melt").json()["code"] == "operation_not_found"


def test_asking_again_for_the_operations_keeps_nobody_else_waiting(client: TestClient) -> None:
    client.get("/v1/operations")

    began_s = time.process_time()
    for _ in range(10):
        assert client.get("/v1/operations").status_code == 200

    assert time.process_time() - began_s < 1.0


def test_versions_that_ship_are_told_with_the_shops_own(
    client: TestClient, other_shop: TestClient
) -> None:
    for tenant, name in ((SHIPPED, "gan-fashion"), ("shop", "gan-mine")):
        with transaction() as session:
            versions.add(
                session,
                tenant=tenant,
                name=name,
                network="gan",
                state="serving",
                weights_key="0" * 64,
                card='{"licence": "CC0-1.0"}',
            )

    mine = client.get("/v1/versions").json()["items"]
    theirs = other_shop.get("/v1/versions").json()["items"]

    assert {(row["label"], row["shipped"]) for row in mine} == {
        ("gan-fashion@1", True),
        ("gan-mine@1", False),
    }
    assert [row["label"] for row in theirs] == ["gan-fashion@1"]
    assert mine[0]["card"] == {"licence": "CC0-1.0"}


def test_workers_that_are_there_are_told(client: TestClient) -> None:
    rows.worker("w1")

    told = client.get("/v1/workers").json()["items"]

    assert [(row["id"], row["queues"], row["state"]) for row in told] == [
        ("w1", ["gpu"], "starting")
    ]
    counted = client.get("/readyz").json()["workers"]
    assert counted == {"gpu": 1, "train": 0, "cpu": 0, "hooks": 0}


def test_a_worker_that_takes_nothing_is_told_but_not_counted(client: TestClient) -> None:
    for state in ("draining", "broken"):
        rows.worker(state, state=state)

    told = client.get("/v1/workers").json()["items"]

    assert {row["state"] for row in told} == {"draining", "broken"}
    assert client.get("/readyz").json()["workers"]["gpu"] == 0


def test_every_problem_has_a_page_that_its_type_points_at(client: TestClient) -> None:
    problem = client.get("/v1/jobs/1").json()

    assert client.get(problem["type"]).json() == {
        "code": "job_not_found",
        "status": 404,
        "title": problem["title"],
    }
    assert {row["code"] for row in client.get("/v1/problems").json()["items"]} == set(PROBLEMS)
    assert client.get("/v1/problems/none").json()["code"] == "problem_not_found"


def test_the_process_lives_and_everything_answers(client: TestClient) -> None:
    ready = client.get("/readyz")

    assert client.get("/healthz").json() == {"status": "ok"}
    assert ready.status_code == 200
    assert ready.json()["checks"] == {"database": "ok", "blobs": "ok", "broker": "ok"}


def test_a_broker_that_does_not_answer_is_named(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_BROKER_URL", "redis://127.0.0.1:1/0")
    worker_settings.get.cache_clear()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["checks"] == {
        "database": "ok",
        "blobs": "ok",
        "broker": "OperationalError",
    }


def test_tables_of_another_build_are_named(client: TestClient) -> None:
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "WrongRevision"
    assert answer.json()["workers"] == {}


def test_tables_of_another_build_are_refused_at_the_start(
    serve: Callable[..., TestClient], home: object
) -> None:
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(WrongRevision, match="packshot init"):
        serve()


def test_however_many_ask_whether_we_are_ready_it_is_looked_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    checks = readiness.checks
    monkeypatch.setattr(readiness, "checks", lambda: looks.append(1) or checks())

    with ThreadPoolExecutor(20) as together:
        answers = list(together.map(lambda _: client.get("/readyz"), range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(looks) == 1


def test_what_was_found_is_forgotten_after_a_second(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    monkeypatch.setenv("WORKER_BROKER_URL", "redis://127.0.0.1:1/0")
    worker_settings.get.cache_clear()

    time.sleep(readiness.REMEMBERED_S)

    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("DB_SECRET_KEY", "change-me", DefaultSecret),
        ("WORKER_BROKER_URL", "redis://:changeme@127.0.0.1:6379/0", DefaultSecret),
        ("WORKER_BROKER_URL", "redis://10.0.0.7:6379/0", UnsafeBroker),
    ],
)
def test_what_a_worker_refuses_the_api_refuses_too(
    serve: Callable[..., TestClient],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    error: type[Exception],
) -> None:
    monkeypatch.setenv(name, value)
    worker_settings.get.cache_clear()
    db_settings.get.cache_clear()

    with pytest.raises(error, match=name):
        serve()
