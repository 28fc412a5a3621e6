"""Keys and tenants through the door: given out by the operator, shown once, taken back."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from db.keys import SCOPES
from db.tenants import NAME
from tests import issued

JSON = {"Content-Type": "application/json"}


def send(client: TestClient, method: str, path: str, body: Any) -> Any:
    return client.request(method, path, content=json.dumps(body).encode(), headers=JSON)


def add(client: TestClient, *scopes: str, query: str = "", **more: Any) -> Any:
    body = {"name": "till", "scopes": scopes or ["jobs:read"], **more}
    return send(client, "POST", f"/v1/keys{query}", body)


def opens(client: TestClient, text: str, path: str = "/v1/jobs") -> bool:
    return client.get(path, headers=issued.headers(text)).status_code == 200


def test_a_new_key_opens_what_it_was_made_for(client: TestClient) -> None:
    made = add(client, "jobs:read", expires_in_days=30)

    told = made.json()
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert (told["tenant"], told["name"], told["scopes"]) == ("shop", "till", ["jobs:read"])
    assert told["expires_at"] > told["created_at"]
    assert opens(client, told["key"])
    assert not opens(client, told["key"], "/v1/versions")


def test_a_key_is_shown_once(client: TestClient) -> None:
    text = add(client).json()["key"]

    listed = client.get("/v1/keys")

    assert listed.json()["items"][0]["name"] == "till"
    assert "key" not in listed.json()["items"][0]
    assert text.rpartition("_")[2][:32] not in listed.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 129}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"scopes": "admin"}, "/scopes"),
        ({"expires_in_days": 0}, "/expires_in_days"),
        ({"expires_in_days": "30"}, "/expires_in_days"),
        ({"tenant": "other"}, "/tenant"),
    ],
)
def test_what_is_no_key_is_refused_by_its_field(
    client: TestClient, change: dict[str, Any], pointer: str
) -> None:
    refused = add(client, **change)

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_error")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize("held", [(scope,) for scope in issued.SHOPS] + [issued.SHOPS])
def test_nobody_but_an_operator_gives_out_a_scope(
    client: TestClient, held: tuple[str, ...]
) -> None:
    headers = issued.headers(issued.key(scopes=held))
    body = {"name": "more", "scopes": list(SCOPES)}

    refused = client.post("/v1/keys", json=body, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_a_rotated_key_and_its_successor_open_together(client: TestClient) -> None:
    old = add(client, "jobs:read", "train").json()

    made = client.post(f"/v1/keys/{old['id']}/rotate")

    new = made.json()
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert new["scopes"] == ["jobs:read", "train"]
    assert opens(client, old["key"])
    assert opens(client, new["key"])
    listed = {row["id"]: row for row in client.get("/v1/keys").json()["items"]}
    assert listed[old["id"]]["replaced_by"] == new["id"]
    again = client.post(f"/v1/keys/{old['id']}/rotate")
    assert (again.status_code, again.json()["code"]) == (409, "key_not_live")


def test_a_key_that_was_taken_back_opens_nothing(client: TestClient) -> None:
    key = add(client).json()

    taken = client.delete(f"/v1/keys/{key['id']}")

    assert taken.status_code == 200
    assert taken.json()["revoked_at"] is not None
    assert not opens(client, key["key"])


@pytest.mark.parametrize(("method", "suffix"), [("POST", "/rotate"), ("DELETE", "")])
@pytest.mark.parametrize("key_id", ["0123456789AB", "%00", "x" * 5_000, "é"])
def test_a_key_that_is_not_there_is_not_found(
    client: TestClient, method: str, suffix: str, key_id: str
) -> None:
    missing = client.request(method, f"/v1/keys/{key_id}{suffix}")

    assert (missing.status_code, missing.json()["code"]) == (404, "key_not_found")


def test_an_operator_keeps_the_keys_of_every_tenant_apart(client: TestClient) -> None:
    send(client, "POST", "/v1/tenants", {"name": "atelier"})

    key = add(client, query="?tenant=atelier").json()

    assert key["tenant"] == "atelier"
    theirs = client.get("/v1/keys?tenant=atelier").json()["items"]
    assert [row["id"] for row in theirs] == [key["id"]]
    assert key["id"] not in {row["id"] for row in client.get("/v1/keys").json()["items"]}
    assert client.delete(f"/v1/keys/{key['id']}").status_code == 404
    assert client.delete(f"/v1/keys/{key['id']}?tenant=atelier").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_tenant_that_is_not_there_has_no_keys(client: TestClient, method: str) -> None:
    body = {"name": "till", "scopes": ["train"]}

    missing = send(client, method, "/v1/keys?tenant=nobody", body)

    assert (missing.status_code, missing.json()["code"]) == (404, "tenant_not_found")


def test_keys_are_listed_each_once_over_pages(client: TestClient) -> None:
    made = {add(client).json()["id"] for _ in range(5)}
    cursor, seen = "", []

    while cursor is not None:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/keys", params=query).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 6  # and the one that we ask with
    assert made < set(seen)


def test_a_tenant_is_made_changed_and_found(client: TestClient) -> None:
    made = send(client, "POST", "/v1/tenants", {"name": "atelier", "max_queued": 10})

    changed = send(
        client, "PATCH", "/v1/tenants/atelier", {"max_queued": None, "max_running": 3}
    ).json()

    assert (made.status_code, made.headers["location"]) == (201, "/v1/tenants/atelier")
    assert made.json()["max_queued"] == 10
    assert (changed["max_queued"], changed["max_running"]) == (None, 3)
    assert client.get("/v1/tenants/atelier").json() == changed
    names = [row["name"] for row in client.get("/v1/tenants").json()["items"]]
    assert names == ["atelier", "shop"]


def test_what_is_not_named_stays_as_it_is(client: TestClient) -> None:
    send(client, "POST", "/v1/tenants", {"name": "atelier", "max_queued": 10})

    changed = send(client, "PATCH", "/v1/tenants/atelier", {}).json()

    assert changed["max_queued"] == 10


def test_a_name_is_given_once(client: TestClient) -> None:
    refused = send(client, "POST", "/v1/tenants", {"name": "shop"})

    assert (refused.status_code, refused.json()["code"]) == (409, "tenant_exists")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "../x"}, "/name"),
        ({"name": "_shipped"}, "/name"),
        ({"name": "x" * 65}, "/name"),
        ({"max_queued": -1}, "/max_queued"),
        ({"max_running": 2**31}, "/max_running"),
        ({"max_running": True}, "/max_running"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_is_no_tenant_is_refused_by_its_field(
    client: TestClient, change: dict[str, Any], pointer: str
) -> None:
    refused = send(client, "POST", "/v1/tenants", {"name": "atelier", **change})

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_error")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert [row["name"] for row in client.get("/v1/tenants").json()["items"]] == ["shop"]


@pytest.mark.parametrize("name", ["nobody", "%00", "x" * 5_000])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_tenant_that_is_not_there_is_not_found(
    client: TestClient, name: str, method: str
) -> None:
    missing = send(client, method, f"/v1/tenants/{name}", {"max_queued": 1})

    assert (missing.status_code, missing.json()["code"]) == (404, "tenant_not_found")


def test_a_tenants_name_is_the_same_in_every_place() -> None:
    from api.schemas.keys import Scope
    from api.settings import ApiSettings

    (pattern,) = [
        one.pattern
        for one in ApiSettings.model_fields["tenant"].metadata
        if hasattr(one, "pattern")
    ]
    assert pattern == NAME
    assert Scope.__args__ == SCOPES  # type: ignore[attr-defined]
