"""What is being trained is not trained a second time: 409, by job and by batch."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import datasets
from db.engine import transaction
from tests.rows import TENANT

NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(autouse=True)
def shoes(home: object) -> None:
    with transaction() as session:
        datasets.add(
            session, tenant=TENANT, name="shoes", kind="fashion-mnist-small", pictures=9,
            categories=["shoe"], manifest=[], licence=None,
        )  # fmt: skip


def training(**told: Any) -> dict[str, Any]:
    return {"operation": {"op": "train", "dataset": "shoes", "network": "vae", **told}}


def test_a_second_order_is_told_which_job_trains(client: TestClient) -> None:
    first = client.post("/v1/jobs", json=training()).json()

    second = client.post("/v1/jobs", json=training(epochs=1))

    assert (second.status_code, second.json()["code"]) == (409, "training_running")
    assert first["id"] in second.json()["detail"]
    assert second.json()["errors"][0]["pointer"] == "/operation"
    assert len(client.get("/v1/jobs").json()["items"]) == 1


def test_the_same_key_is_answered_with_the_job_that_trains(client: TestClient) -> None:
    key = {"Idempotency-Key": "once"}
    first = client.post("/v1/jobs", json=training(), headers=key)

    again = client.post("/v1/jobs", json=training(), headers=key)

    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]


def test_a_line_of_a_batch_is_refused_and_the_others_are_not(client: TestClient) -> None:
    running = client.post("/v1/jobs", json=training()).json()
    asked = [training(), training(label="mine"), training(label="mine"), training(network="gan")]

    placed = client.post(
        "/v1/batches", content="\n".join(map(json.dumps, asked)), headers=NDJSON
    ).json()

    lines = client.get(f"/v1/batches/{placed['id']}/lines").json()["items"]
    assert [line["state"] for line in lines] == ["refused", "queued", "refused", "queued"]
    assert {lines[n]["problem"]["code"] for n in (0, 2)} == {"training_running"}
    assert running["id"] in lines[0]["problem"]["detail"]
    assert placed["counts"]["refused"] == 2


def test_a_batch_that_is_sent_again_is_the_batch_that_is_there(client: TestClient) -> None:
    body, headers = json.dumps(training()), {**NDJSON, "Idempotency-Key": "once"}
    first = client.post("/v1/batches", content=body, headers=headers)

    again = client.post("/v1/batches", content=body, headers=headers)

    assert again.json()["id"] == first.json()["id"]
    assert again.json()["counts"]["refused"] == 0


def test_a_training_that_failed_is_tried_again_only_when_no_other_runs(client: TestClient) -> None:
    first = client.post("/v1/jobs", json=training()).json()
    client.post(f"/v1/jobs/{first['id']}/cancel")
    second = client.post("/v1/jobs", json=training()).json()

    refused = client.post(f"/v1/jobs/{first['id']}/retry")

    assert (refused.status_code, refused.json()["code"]) == (409, "training_running")
    assert second["id"] in refused.json()["detail"]
