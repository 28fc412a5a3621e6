"""The record: each act that changes something is in it once, with its outcome and no secret."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import acts as api_acts
from api.main import build_app
from api.settings import ApiSettings
from db import blobs, secrets, transitions
from db.engine import transaction
from db.transitions import Outcome
from tests import factories, issued, rows
from tests.factories import NOWHERE

JSON = {"Content-Type": "application/json"}
PATHS = build_app(ApiSettings()).openapi()["paths"]
ON_RECORD = [
    (method.upper(), path)
    for path, methods in PATHS.items()
    for method in methods
    if api_acts.is_on_record(method.upper(), path)
]


def send(client: TestClient, method: str, path: str, body: Any = None) -> Any:
    content = json.dumps({} if body is None else body)
    return client.request(method, path, content=content, headers=JSON)


def record(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/v1/audit{query}").json()["items"]
    return items


def test_an_act_is_on_record_with_who_did_what(client: TestClient) -> None:
    made = send(client, "POST", "/v1/keys", {"name": "till", "scopes": ["train"]})

    (told,) = record(client)
    assert (told["verb"], told["route"], told["resource"]) == ("POST", "/v1/keys", "/v1/keys")
    assert (told["tenant"], told["actor_tenant"]) == ("shop", "shop")
    assert told["request_id"] == made.headers["x-request-id"]
    assert (told["outcome"], told["status"]) == ("done", None)
    keys = {row["id"] for row in client.get("/v1/keys").json()["items"]}
    assert told["key_id"] in keys - {made.json()["id"]}
    assert made.json()["key"] not in json.dumps(told)


def test_each_kind_of_act_is_on_record(client: TestClient) -> None:
    secrets.ensure_local_key()
    webhook = send(client, "POST", "/v1/webhooks", {"url": "https://hooks.example/a"}).json()["id"]
    for method, path, body in (
        ("POST", "/v1/tenants", {"name": "atelier"}),
        ("POST", "/v1/queues/gpu/pause", None),
        ("POST", "/v1/queues/gpu/resume", None),
        ("PATCH", f"/v1/webhooks/{webhook}", {"enabled": False}),
        ("POST", "/v1/webhooks/secret/rotate", None),
        ("DELETE", f"/v1/webhooks/{webhook}", None),
    ):
        assert send(client, method, path, body).is_success, path

    told = [(row["verb"], row["route"], row["outcome"]) for row in reversed(record(client))]

    assert told == [
        ("POST", "/v1/webhooks", "done"),
        ("POST", "/v1/tenants", "done"),
        ("POST", "/v1/queues/{name}/pause", "done"),
        ("POST", "/v1/queues/{name}/resume", "done"),
        ("PATCH", "/v1/webhooks/{webhook_id}", "done"),
        ("POST", "/v1/webhooks/secret/rotate", "done"),
        ("DELETE", "/v1/webhooks/{webhook_id}", "done"),
    ]


@pytest.mark.parametrize("route", ON_RECORD, ids=" ".join)
def test_an_act_that_came_to_nothing_is_on_record_as_refused(
    client: TestClient, route: tuple[str, str]
) -> None:
    method, path = route
    filled = "/".join(NOWHERE if "{" in part else part for part in path.split("/"))

    told = client.request(method, filled, content=b"[]", headers=JSON)

    (row,) = record(client)
    if told.is_success:
        assert (row["outcome"], row["status"]) == ("done", None)
    else:
        assert (row["outcome"], row["status"]) == ("refused", told.status_code)
    assert (row["verb"], row["route"]) == route


def test_an_act_that_failed_by_our_fault_is_on_record_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import tenants

    monkeypatch.setattr(tenants, "transaction", lambda: 1 / 0)
    outside = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)

    told = outside.post("/v1/tenants", content=b'{"name": "new"}', headers=JSON)

    (row,) = record(client)
    assert (told.status_code, row["outcome"], row["status"]) == (500, "refused", 500)


def test_what_a_key_does_not_open_is_on_record_for_its_own_tenant(
    client: TestClient, other_shop: TestClient
) -> None:
    other_shop.post("/v1/keys?tenant=shop", content=b"{}", headers=JSON)

    (told,) = record(client, "?tenant=other")
    assert (told["outcome"], told["status"], told["tenant"]) == ("refused", 403, "other")
    assert record(client) == []


def test_an_operators_act_is_on_record_where_it_was_done(client: TestClient) -> None:
    send(client, "POST", "/v1/tenants", {"name": "atelier"})
    send(client, "POST", "/v1/keys?tenant=atelier", {"name": "a", "scopes": ["train"]})
    send(client, "PATCH", "/v1/tenants/atelier", {"max_queued": 3})

    theirs = record(client, "?tenant=atelier")

    assert [row["verb"] for row in theirs] == ["PATCH", "POST"]
    assert {row["actor_tenant"] for row in theirs} == {"shop"}
    assert [row["resource"] for row in record(client)] == ["/v1/tenants"]


def test_everyday_work_and_reading_are_not_on_record(client: TestClient) -> None:
    client.get("/v1/keys")
    send(client, "POST", "/v1/jobs", {"operation": {"op": "sample"}})
    send(client, "POST", "/v1/feedback")

    assert record(client) == []


def test_nobody_but_an_operator_reads_the_record(client: TestClient) -> None:
    for scope in issued.SHOPS:
        headers = issued.headers(issued.key(scopes=[scope]))
        assert client.get("/v1/audit", headers=headers).status_code == 403


def test_the_record_is_read_in_pages(client: TestClient) -> None:
    for number in range(5):
        send(client, "POST", "/v1/tenants", {"name": f"t{number}"})

    first = client.get("/v1/audit?limit=3").json()
    rest = client.get("/v1/audit", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    ids = [row["id"] for row in (*first["items"], *rest["items"])]
    assert len(ids) == len(set(ids)) == 5
    assert rest["next_cursor"] is None


def test_what_was_done_to_a_picture_is_found_by_its_id(client: TestClient) -> None:
    ids = [
        client.post("/v1/pictures", files={"file": ("a.png", factories.png(hue=hue))}).json()["id"]
        for hue in (1, 2)
    ]
    for one in ids:
        client.delete(f"/v1/pictures/{one}")

    found = record(client, f"?picture={ids[0]}")

    assert [one["resource"] for one in found] == [f"/v1/pictures/{ids[0]}"]


def test_what_was_done_to_its_results_is_found_too(client: TestClient) -> None:
    file = {"file": ("a.png", factories.png())}
    picture = client.post("/v1/pictures", files=file).json()["id"]
    client.post("/v1/jobs", json={"operation": {"op": "upscale", "picture": picture}})
    (claimed,) = rows.claim()
    key = blobs.put("shop", factories.png(hue=9))
    result = rows.result(rows.lease_of(claimed), blob_key=key, sha256=key, visibility="held")
    with transaction() as session:
        transitions.finish(
            session, [Outcome(rows.lease_of(claimed), "succeeded", results=[result])]
        )
    client.post(f"/v1/results/{result.id}/review", json={"verdict": "reject"})

    found = client.get("/v1/audit", params={"picture": picture}).json()["items"]

    assert [(one["verb"], one["resource"]) for one in found] == [
        ("POST", f"/v1/results/{result.id}/review")
    ]
    assert client.get("/v1/audit", params={"picture": "x"}).status_code == 422
