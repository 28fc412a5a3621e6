"""Asking where a file comes from: the route, its job, and the command."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import factories, rows, stored
from tests.api import scripted
from tests.api.scripted import Answer, Asked

ROUTE = "/v1/provenance/verify"
FOUND = {
    "source_kind": "generated",
    "label": {"source_kind": "generated", "job_id": "j-1", "job_is_known": True},
    "aigc": {"Label": "1", "ContentProducer": "Packshot", "ProduceID": "j-1"},
    "c2pa": "ours",
    "manifest": {"organisation": "Packshot", "name": "x", "job": {"job_id": "j-1"}, "why": []},
    "result": {"id": "r-1", "job_id": "j-1", "op": "sample", "visibility": "published"},
}


def ask(client: TestClient, data: bytes, **headers: str) -> Any:
    return client.post(ROUTE, files={"file": data}, headers=headers)


def test_a_file_becomes_a_picture_and_a_job_on_the_queue_without_a_device(
    client: TestClient, rung: list[str]
) -> None:
    answer = ask(client, factories.png(), Prefer="wait=0")

    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["op"], job["queue"], job["state"]) == ("verify", "cpu", "queued")
    assert client.get(f"/v1/pictures/{job['operation']['picture']}").status_code == 200
    assert rung == ["cpu"]


def test_the_answer_waits_and_has_the_finding(client: TestClient) -> None:
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(ask(client, factories.png())))
    asking.start()
    while not (found := client.get("/v1/jobs").json()["items"]):
        time.sleep(0.01)
    now = rows.read(found[0]["id"]).created_at
    rows.change(found[0]["id"], state="succeeded", finished_at=now, revision=2, report=FOUND)
    asking.join()

    assert answers[0].status_code == 200
    assert answers[0].json()["report"] == FOUND


def test_what_is_no_picture_is_refused_and_leaves_nothing(client: TestClient, home: Path) -> None:
    refused = ask(client, b"no picture at all")

    assert (refused.status_code, refused.json()["code"]) == (422, "image_unrecognised")
    assert stored.counted(home)["job"] == 0


@pytest.mark.parametrize("scope", ["pictures:write", "jobs:write"])
def test_a_key_with_one_of_the_two_scopes_is_not_enough(
    client: TestClient, home: Path, serve: Callable[..., TestClient], scope: str
) -> None:
    body = {"name": "half", "scopes": [scope]}
    half = client.post("/v1/keys", json=body).json()["key"]

    refused = ask(serve(key=half), factories.png())

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert stored.counted(home)["picture"] == 0


class Shop:
    def __init__(self, state: str) -> None:
        self.state = state

    def __call__(self, asked: Asked) -> Any:
        error = {"code": "storage", "detail": "no room"} if self.state == "failed" else None
        done = {"id": "v-1", "state": self.state, "report": FOUND, "error": error}
        if asked.path == ROUTE:
            return Answer(202, {"id": "v-1", "state": "queued"})
        return done


@pytest.mark.parametrize(("state", "code"), [("succeeded", 0), ("failed", 1)])
def test_the_command_waits_for_the_job_and_shows_what_was_found(
    packshot: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    state: str,
    code: int,
) -> None:
    file = tmp_path / "shoe.png"
    file.write_bytes(factories.png())
    with scripted.serving(Shop(state)) as server:
        ended = packshot("verify", str(file), "--url", server.url)

    said = capsys.readouterr()
    assert ended == code
    assert ("delivered as result\tr-1" in said.out) == (state == "succeeded")
    assert ("no room" in said.err) == (state == "failed")
