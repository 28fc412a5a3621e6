"""What real processes write: every line is an object, names its work, and holds no secret."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api import local
from db import key_text
from tests.journeys.conftest import ROOT, Studio, free_port, make_studio, until

pytestmark = pytest.mark.journey

SECRET_KEY = secrets.token_urlsafe(32)
WATERMARK_KEY = secrets.token_urlsafe(32)
HOOKED = {"url": "https://127.0.0.1:9/hook", "events": ["job.succeeded"]}
TRAINS = {"op": "train", "dataset": "fashion-mnist-small", "network": "vae", "epochs": 1}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    running = make_studio(
        tmp_path_factory.mktemp("logged"),
        LOG_FORMAT="json",
        LOG_LEVEL="debug",
        DB_SECRET_KEY=SECRET_KEY,
        DB_WEBHOOK_ALLOW="127.0.0.1",
        WORKER_WATERMARK_KEY=WATERMARK_KEY,
        OMP_NUM_THREADS="1",
    )
    try:
        running.start()
        yield running
    finally:  # also of one that did not come up in time
        running.stop()


def written(studio: Studio) -> str:
    return (studio.home / "up.log").read_text(errors="replace")


def lines(studio: Studio) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(studio).splitlines()]


def ask(studio: Studio, path: str, **given: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {studio.key()}", **given.pop("headers", {})}
    return httpx2.post(f"{studio.url}{path}", headers=headers, **given)


def test_one_request_is_followed_from_the_api_to_the_worker(studio: Studio) -> None:
    asked = {"operation": {"op": "sample", "seed": 1}}

    job = ask(studio, "/v1/jobs", json=asked, headers={"X-Request-Id": "follow-me"}).json()
    with studio.client() as client:
        client.wait([job["id"]], timeout_s=100)

    told = [one for one in lines(studio) if one.get("request_id") == "follow-me"]
    assert [one["service"] for one in told] == ["api", "worker-gpu"]
    answered, ended = told
    assert (answered["event"], answered["route"], answered["status"]) == (
        "answered",
        "/v1/jobs",
        202,
    )
    assert (ended["event"], ended["state"]) == ("a job ended", "succeeded")
    assert (ended["job_id"], ended["attempt"]) == (job["id"], 1)
    assert {one["tenant"] for one in told} == {"shop"}


def test_a_training_in_a_process_of_its_own_names_its_job_too(studio: Studio) -> None:
    job = studio.do(TRAINS)

    told = [one for one in lines(studio) if one["service"] == "training"]
    assert job["state"] == "succeeded", job
    assert told
    assert {one["job_id"] for one in told} == {job["id"]}
    assert {one["tenant"] for one in told} == {"shop"}
    assert all(one["request_id"] for one in told)


def test_every_process_says_what_it_is_in_every_line(studio: Studio) -> None:
    found = lines(studio)

    assert all({"timestamp", "level", "service", "event"} <= set(one) for one in found)
    assert {"packshot", "init", "api", "worker-gpu", "worker-hooks"} <= {
        one["service"] for one in found
    }


def test_no_key_and_no_secret_is_in_any_line(studio: Studio) -> None:
    forged = key_text.new().written()
    hooked = ask(studio, "/v1/webhooks", json=HOOKED)
    assert hooked.status_code == 201, hooked.text
    hook = hooked.json()
    made = ask(studio, "/v1/keys", json={"name": "till", "scopes": ["train"]}).json()["key"]
    for key in (forged, "psk_no_key_at_all", made):
        ask(studio, "/v1/jobs", headers={"Authorization": f"Bearer {key}"}, json={})
    job = studio.do({"op": "sample", "seed": 2})
    until(lambda: "a delivery was tried" in written(studio), 30, studio.lines)

    said = written(studio)
    assert job["state"] == "succeeded"
    known = [studio.key(), forged, made, hook["secret"], SECRET_KEY, WATERMARK_KEY]
    for secret in known:
        assert secret
        assert secret.rpartition("_")[2] not in said
    tried = next(one for one in lines(studio) if one["event"] == "a delivery was tried")
    assert (tried["tenant"], tried["service"]) == ("shop", "worker-hooks")


def test_passwords_of_a_broker_that_is_away_are_in_no_line(tmp_path: Path) -> None:
    """The API, and a worker that reaches its broker no more than the API does."""
    env = make_studio(tmp_path, LOG_FORMAT="json", DB_SECRET_KEY=SECRET_KEY).env
    env |= {"WORKER_BROKER_URL": "redis://:hunter2secret@127.0.0.1:9/0", "LOG_LEVEL": "debug"}
    subprocess.run([sys.executable, "-m", "api.cli", "init"], cwd=ROOT, env=env, check=True)
    port = free_port()
    serve, hooks = local.api_command("127.0.0.1", port), local.worker_command("hooks", "hooks")
    url, file = f"http://127.0.0.1:{port}", tmp_path / "both.log"
    with file.open("ab") as log:
        started = [
            subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log)
            for words in (serve, hooks)
        ]
    try:
        until(lambda: _answers(f"{url}/healthz"), 90, file.read_text)
        assert httpx2.get(f"{url}/readyz").json()["checks"]["broker"] != "ok"
        until(lambda: "Cannot connect" in file.read_text(), 90, file.read_text)
    finally:
        for process in started:
            process.terminate()
        out = [process.communicate(timeout=60)[0] for process in started]

    said = file.read_text()
    assert "hunter2secret" not in said
    assert [line for line in said.splitlines() if not line.startswith("{")] == []
    assert {"api", "worker"} <= {json.loads(line)["service"][:6] for line in said.splitlines()}
    assert out == [b"", b""]


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code == 200
    except httpx2.TransportError:
        return False
