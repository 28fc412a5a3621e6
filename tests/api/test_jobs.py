"""Jobs through the door: placed once, watched, cancelled, tried again; or refused and not there."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from db import datasets, jobs, versions
from db.engine import transaction
from db.operations.order import parse
from db.operations.union import OPERATIONS
from db.tables.jobs import FAILED, SUCCEEDED
from tests import factories, rows, stored
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}
NOTHING_BEFORE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def picture(client: TestClient) -> str:
    """A picture of 24×16."""
    return upload(client, 24, 16)


def upload(client: TestClient, width: int, height: int, *, mode: str = "RGB") -> str:
    made = client.post("/v1/pictures", files={"file": factories.png(width, height, mode=mode)})
    return str(made.json()["id"])


def place(client: TestClient, body: bytes, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/jobs", content=body, headers={**JSON, **named})


def test_an_order_becomes_a_queued_job_and_its_queue_is_rung_once(
    client: TestClient, picture: str, rung: list[str]
) -> None:
    body = factories.order(
        "upscale",
        picture=picture,
        envelope={"sku": "S-1", "channel": "web", "external_id": "e1", "priority": 2},
    )

    placed = place(client, body)

    job = placed.json()
    assert placed.status_code == 202
    assert placed.headers["location"] == f"/v1/jobs/{job['id']}"
    assert placed.headers["retry-after"] == "2"
    assert (job["state"], job["op"], job["queue"], job["priority"]) == (
        "queued",
        "upscale",
        "gpu",
        2,
    )
    assert (job["sku"], job["channel"], job["external_id"]) == ("S-1", "web", "e1")
    asked = {"op": "upscale", "picture": picture, "scale": 2}
    assert job["operation"] == {**asked, "engine": "classical", "version": None}
    assert job["links"]["results"] == f"/v1/results?job_id={job['id']}"
    assert rung == ["gpu"]


def test_a_result_stands_for_a_picture(client: TestClient) -> None:
    lease = rows.running()
    with transaction() as session:
        row = rows.result(lease)
        session.add(row)

    placed = place(client, factories.order("upscale", picture=row.id))

    assert placed.status_code == 202


def test_the_same_key_and_order_are_one_job(
    client: TestClient, picture: str, rung: list[str]
) -> None:
    body = factories.order("upscale", picture=picture)
    respelled = json.dumps(json.loads(body), indent=4).encode()

    first = place(client, body, Idempotency_Key="k1")
    second = place(client, respelled, Idempotency_Key="k1")

    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json()["id"] == first.json()["id"]
    assert rung == ["gpu"]


def test_the_same_key_for_another_order_is_refused(
    client: TestClient, home: Path, picture: str
) -> None:
    place(client, factories.order("upscale", picture=picture), Idempotency_Key="k1")

    refused = place(client, factories.order("cutout", picture=picture), Idempotency_Key="k1")

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert stored.counted(home)["job"] == 1


def test_the_same_key_fifty_times_at_once_is_one_job(
    client: TestClient, home: Path, picture: str, rung: list[str]
) -> None:
    body = factories.order("upscale", picture=picture)
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(place(client, body, Idempotency_Key="k")))
        for _ in range(50)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
    assert stored.counted(home)["job"] == 1
    assert rung == ["gpu"]


@pytest.mark.parametrize("key", ["k" * 256, "ключ".encode(), b"a\x7fb", ""])
def test_a_key_that_cannot_be_kept_is_refused(client: TestClient, key: str | bytes) -> None:
    value = key if isinstance(key, bytes) else key.encode()

    refused = client.post(
        "/v1/jobs",
        content=factories.order("upscale", picture=NOWHERE),
        headers={**JSON, "Idempotency-Key": value},
    )

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_idempotency_key")


def test_an_answer_waits_for_the_job_if_asked_to(client: TestClient, picture: str) -> None:
    answers: list[Any] = []
    asking = threading.Thread(
        target=lambda: answers.append(
            place(client, factories.order("upscale", picture=picture), Prefer="wait=20")
        )
    )
    asking.start()
    job = _first_job()
    rows.change(job["id"], state=SUCCEEDED, finished_at=job["created_at"], revision=2)
    asking.join()

    assert answers[0].status_code == 201
    assert answers[0].json()["state"] == "succeeded"
    assert answers[0].headers["preference-applied"] == "wait=20"
    assert "retry-after" not in answers[0].headers


def test_an_answer_does_not_wait_longer_than_asked(client: TestClient, picture: str) -> None:
    began = time.monotonic()

    placed = place(client, factories.order("upscale", picture=picture), Prefer="wait=1")

    assert placed.status_code == 202
    assert 0.9 < time.monotonic() - began < 3


def test_nobody_waits_longer_than_the_longest_wait(serve: Callable[..., TestClient]) -> None:
    client = serve(max_wait_s=0.2)
    picture = upload(client, 24, 16)
    began = time.monotonic()

    placed = place(client, factories.order("upscale", picture=picture), Prefer="wait=999999")

    assert placed.status_code == 202
    assert time.monotonic() - began < 3


def test_an_unchanged_job_is_not_told_again(client: TestClient, picture: str) -> None:
    placed = place(client, factories.order("upscale", picture=picture))
    url = placed.headers["location"]
    tag = client.get(url).headers["etag"]

    same = client.get(url, headers={"If-None-Match": tag})
    rows.change(placed.json()["id"], revision=2)
    changed = client.get(url, headers={"If-None-Match": tag})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2-1"')


def test_a_queued_job_tells_its_place_in_line_and_each_step_is_news(
    client: TestClient, picture: str
) -> None:
    first, second, urgent = (
        client.post(
            "/v1/jobs",
            json={"operation": {"op": "upscale", "picture": picture}, "priority": priority},
        ).json()["id"]
        for priority in (5, 5, 1)
    )
    places = {
        name: client.get(f"/v1/jobs/{name}").json()["queue_position"]
        for name in (first, second, urgent)
    }
    tag = client.get(f"/v1/jobs/{second}").headers["etag"]
    client.post(f"/v1/jobs/{urgent}/cancel")
    moved = client.get(f"/v1/jobs/{second}", headers={"If-None-Match": tag})
    (running,) = rows.claim()

    assert places == {urgent: 1, first: 2, second: 3}
    assert (moved.status_code, moved.json()["queue_position"]) == (200, 2)
    assert running.id == first
    assert client.get(f"/v1/jobs/{first}").json()["queue_position"] is None


def test_a_job_tells_its_tries_its_results_and_why_it_failed(client: TestClient) -> None:
    lease = rows.running()
    with transaction() as session:
        session.add(rows.result(lease, visibility="held", psnr_db=31.5))
    rows.change(
        lease.job_id,
        state=FAILED,
        finished_at=rows.read(lease.job_id).created_at,
        lease_owner=None,
        error_code="gate",
        error_detail="psnr_db is 31.5, at least 40 was asked",
    )

    job = client.get(f"/v1/jobs/{lease.job_id}").json()

    assert job["error"] == {"code": "gate", "detail": "psnr_db is 31.5, at least 40 was asked"}
    assert [attempt["worker"] for attempt in job["attempts"]] == ["worker"]
    assert [(result["visibility"], result["psnr_db"]) for result in job["results"]] == [
        ("held", 31.5)
    ]
    assert (job["epochs"], job["version"]) == (None, None)


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_a_job_that_is_tried_again_has_no_error_of_its_own(client: TestClient, state: str) -> None:
    lease = rows.running(error_code="storage", error_detail="no room")
    owner = "worker" if state == "running" else None
    finished = rows.read(lease.job_id).created_at if state == "succeeded" else None
    rows.change(lease.job_id, state=state, lease_owner=owner, finished_at=finished)

    assert client.get(f"/v1/jobs/{lease.job_id}").json()["error"] is None


def test_a_pipelines_steps_are_told_as_they_were_asked(client: TestClient, picture: str) -> None:
    steps = [{"op": "cutout"}, {"op": "upscale"}]

    job = place(client, factories.order("pipeline", picture=picture, steps=steps)).json()

    listed = client.get("/v1/jobs").json()["items"][0]
    assert NOTHING_BEFORE not in json.dumps([job, listed])
    assert [step["op"] for step in job["operation"]["steps"]] == ["cutout", "upscale"]
    again = place(client, json.dumps({"operation": job["operation"]}).encode())
    assert again.status_code == 202


def test_a_deadline_that_has_passed_meanwhile_does_not_spoil_a_replay(
    client: TestClient, picture: str
) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    body = factories.order("upscale", picture=picture, envelope={"deadline_at": soon})
    placed = place(client, body, Idempotency_Key="k")
    time.sleep(1.1)

    assert placed.status_code == 202
    assert place(client, body, Idempotency_Key="k").status_code == 200


def test_a_training_tells_its_epochs_and_the_version_it_made(client: TestClient) -> None:
    job_id = rows.queued("train", envelope={"operation": {"dataset": "d", "network": "vae"}})
    with transaction() as session:
        datasets.record_epoch(
            session,
            job_id,
            1,
            {
                "losses": {"reconstruction": 0.5},
                "val_psnr_db": 20.5,
                "val_ssim": 0.8,
                "identical": 0,
                "learning_rate": 1e-3,
                "seconds": 2.0,
                "images_per_s": 99.0,
            },
        )
        made = versions.add(
            session,
            tenant="shop",
            name="vae-d",
            network="vae",
            state="candidate",
            weights_key="0" * 64,
            card="{}",
            job_id=job_id,
        )

    job = client.get(f"/v1/jobs/{job_id}").json()

    assert [(epoch["number"], epoch["val_psnr_db"]) for epoch in job["epochs"]] == [(1, 20.5)]
    assert job["version"] == {"id": made.id, "label": "vae-d@1"}


def test_a_queued_job_is_cancelled_and_cannot_be_again(client: TestClient) -> None:
    job_id = rows.queued()

    first = client.post(f"/v1/jobs/{job_id}/cancel")
    second = client.post(f"/v1/jobs/{job_id}/cancel")

    assert (first.status_code, first.json()["state"]) == (202, "cancelled")
    assert (second.status_code, second.json()["code"]) == (409, "job_finished")


def test_a_running_job_is_asked_to_stop(client: TestClient) -> None:
    lease = rows.running()

    answer = client.post(f"/v1/jobs/{lease.job_id}/cancel")

    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    assert answer.json()["cancel_requested_at"] is not None


@pytest.mark.parametrize("state", ["failed", "dead", "cancelled"])
def test_what_did_not_end_well_is_tried_again_as_a_new_job(
    client: TestClient, picture: str, rung: list[str], state: str
) -> None:
    one_day = "2900-01-01T00:00:00Z"
    old = place(
        client,
        factories.order("upscale", picture=picture, envelope={"sku": "S", "deadline_at": one_day}),
    ).json()
    _end(old["id"], state)

    again = client.post(f"/v1/jobs/{old['id']}/retry")

    job = again.json()
    assert (again.status_code, job["state"], job["retry_of"]) == (202, "queued", old["id"])
    assert (job["operation"], job["sku"]) == (old["operation"], "S")
    assert job["deadline_at"] is None
    assert job["id"] != old["id"]
    assert rung == ["gpu", "gpu"]


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_what_is_open_or_ended_well_is_not_tried_again(client: TestClient, state: str) -> None:
    job_id = rows.running().job_id if state == "running" else rows.queued()
    if state == "succeeded":
        _end(job_id, state)

    refused = client.post(f"/v1/jobs/{job_id}/retry")

    assert (refused.status_code, refused.json()["code"]) == (409, "job_not_retryable")


@pytest.mark.parametrize("job_id", [NOWHERE, "1", "%00", "..%2f..", "x" * 5000])
@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")]
)
def test_an_id_that_names_no_job_is_not_found(
    client: TestClient, method: str, job_id: str, suffix: str
) -> None:
    missing = client.request(method, f"/v1/jobs/{job_id}{suffix}")

    assert missing.status_code == 404
    assert missing.json()["code"] in ("job_not_found", "not_found")


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")]
)
def test_another_tenants_job_is_not_found(other_shop: TestClient, method: str, suffix: str) -> None:
    job_id = rows.queued()

    missing = other_shop.request(method, f"/v1/jobs/{job_id}{suffix}")

    assert (missing.status_code, missing.json()["code"]) == (404, "job_not_found")


def test_jobs_are_listed_newest_first_and_each_once_over_pages(client: TestClient) -> None:
    made = [rows.queued() for _ in range(7)]

    listed = list(_all(client, "/v1/jobs?limit=3"))

    assert [job["id"] for job in listed] == sorted(made, reverse=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=cancelled", {"cancelled"}),
        ("state=queued", {"plain", "denoise", "sku"}),
        ("op=denoise", {"denoise"}),
        ("sku=S-1", {"sku"}),
        ("external_id=e-1", {"sku"}),
        ("external_id=e-1&state=failed", set()),
    ],
)
def test_jobs_are_found_by_what_they_are(
    client: TestClient, query: str, expected: set[str]
) -> None:
    made = {
        rows.queued(): "plain",
        rows.queued("denoise"): "denoise",
        rows.queued(envelope={"sku": "S-1", "external_id": "e-1"}): "sku",
        (cancelled := rows.queued()): "cancelled",
    }
    client.post(f"/v1/jobs/{cancelled}/cancel")

    listed = client.get(f"/v1/jobs?{query}").json()

    assert {made[job["id"]] for job in listed["items"]} == expected
    assert listed["next_cursor"] is None


def test_a_database_that_does_not_answer_is_told_as_such(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import jobs as routes

    def down() -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("connection refused by db.internal"))

    monkeypatch.setattr(routes, "reading", down)

    answer = client.get("/v1/jobs")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "db.internal" not in answer.text


@pytest.mark.parametrize("where", ["api.routes.jobs.reading", "api.watching.reading"])
def test_a_job_that_was_placed_is_answered_though_the_database_goes_away_right_then(
    client: TestClient, picture: str, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def down() -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("connection refused"))

    monkeypatch.setattr(where, down)

    placed = place(client, factories.order("upscale", picture=picture), Prefer="wait=1")

    job = placed.json()
    assert (placed.status_code, job["state"]) == (202, "queued")
    assert placed.headers["location"] == f"/v1/jobs/{job['id']}"
    assert rows.read(job["id"]).state == "queued"


def test_a_job_that_is_tried_again_is_not_read_back(
    client: TestClient, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("connection refused"))

    old = place(client, factories.order("upscale", picture=picture)).json()["id"]
    _end(old, FAILED)
    monkeypatch.setattr("api.routes.jobs.reading", down)

    again = client.post(f"/v1/jobs/{old}/retry")

    assert (again.status_code, again.json()["retry_of"]) == (202, old)


def test_one_key_tries_one_job_again(client: TestClient, picture: str) -> None:
    order = factories.order("upscale", picture=picture)
    first, second = (place(client, order).json()["id"] for _ in range(2))
    for job_id in (first, second):
        _end(job_id, FAILED)
    key = {"Idempotency-Key": "again"}

    made = client.post(f"/v1/jobs/{first}/retry", headers=key).json()
    replayed = client.post(f"/v1/jobs/{first}/retry", headers=key).json()
    other = client.post(f"/v1/jobs/{second}/retry", headers=key)
    placed = place(client, order, Idempotency_Key="again")

    assert replayed["id"] == made["id"]
    for refused in (other, placed):
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


def _all(client: TestClient, url: str) -> Iterator[dict[str, Any]]:
    page = client.get(url).json()
    yield from page["items"]
    while page["next_cursor"]:
        page = client.get(url, params={"limit": 3, "cursor": page["next_cursor"]}).json()
        yield from page["items"]


def _end(job_id: str, state: str) -> None:
    rows.change(job_id, state=state, finished_at=rows.read(job_id).created_at)


def _first_job() -> dict[str, Any]:
    from db import jobs
    from db.engine import reading

    while True:
        with reading() as session:
            for job in jobs.page(session, "shop", limit=1):
                return {"id": job.id, "created_at": job.created_at}
        time.sleep(0.01)


OF_EACH: dict[str, dict[str, Any]] = {
    "sample": {},
    "reconstruct": {"picture": ""},
    "vary": {"picture": ""},
    "personalize": {"liked": [NOWHERE]},
    "interpolate": {"picture_a": "", "picture_b": "", "steps": 5},
    "translate": {"picture": ""},
    "denoise": {"picture": "", "engine": "classical"},
    "deblock": {"picture": ""},
    "deblur": {"picture": ""},
    "upscale": {"picture": ""},
    "cutout": {"picture": ""},
    "background": {"picture": ""},
    "place": {"picture": ""},
    "recolor": {"picture": "", "to_hex": "#102030"},
    "shadow": {"picture": ""},
    "relight": {"picture": ""},
    "match_color": {"picture": "", "target": ""},
    "stylize": {"picture": "", "style": ""},
    "ad": {"picture": "", "headline": "Hear every detail"},
    "spin": {"views": ["", ""]},
    "pipeline": {"picture": "", "steps": [{"op": "upscale"}]},
    "train": {"dataset": "nobody", "network": "vae"},
    "evaluate": {"version": "nobody@1", "dataset": "nobody"},
    "compress": {"version": "nobody@1", "dataset": "nobody", "how": "quantise"},
    "tune": {"dataset": "nobody", "network": "vae"},
    "score": {"picture": "", "reference_picture": ""},
    "explain": {"method": "occlusion", "picture": ""},
    "augment": {"picture": ""},
    "classify": {"picture": ""},
    "embed": {"picture": ""},
    "search": {"picture": ""},
    "check": {"picture": "", "preset": "ebay"},
    "verify": {"picture": ""},
    "moderate": {"picture": ""},
    "inpaint": {"picture": "", "mask": ""},
    "outpaint": {"picture": "", "left": 8},
    "try_on": {"picture": "", "garment": ""},
}


def test_each_operation_has_its_line_above() -> None:
    assert set(OF_EACH) == set(OPERATIONS)


@pytest.mark.parametrize("op", OF_EACH)
def test_a_job_of_each_operation_can_be_read(client: TestClient, picture: str, op: str) -> None:
    given = {name: value or picture for name, value in OF_EACH[op].items()}
    given |= {name: [picture] * 2 for name, value in given.items() if value == ["", ""]}
    with transaction() as session:
        job = jobs.create(session, rows.TENANT, parse(factories.order(op, **given))).job

    told = client.get(f"/v1/jobs/{job.id}")

    assert told.status_code == 200
    assert told.json()["operation"]["op"] == op
