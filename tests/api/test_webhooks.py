"""Webhooks through the door: made, changed, tested, listed, sent again, and kept apart."""

import base64
import time
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from starlette.testclient import TestClient

from api.client import InvalidWebhook, verify_webhook
from db import secrets, settings, signing
from db.engine import transaction
from db.ids import new_id
from tests import hooks, issued, rows

URL = hooks.URL


@pytest.fixture(autouse=True)
def _keyed(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.keyed(monkeypatch, allow="storefront.internal")


def add(client: TestClient, **body: Any) -> dict[str, Any]:
    made = client.post("/v1/webhooks", json={"url": URL, **body})
    assert made.status_code == 201, made.text
    return made.json()


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_webhook_is_made_with_a_secret_that_is_shown_once(client: TestClient) -> None:
    made = add(client, events=["job.failed"], description="the shop")

    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    found = client.get(f"/v1/webhooks/{made['id']}").json()
    assert "secret" not in found
    assert found == {name: value for name, value in made.items() if name != "secret"}
    assert (found["events"], found["description"], found["enabled"]) == (
        ["job.failed"],
        "the shop",
        True,
    )
    assert client.get("/v1/webhooks").json()["items"] == [found]


def test_what_shows_a_secret_is_not_stored_on_the_way(client: TestClient) -> None:
    made = client.post("/v1/webhooks", json={"url": URL})
    rotated = client.post(f"{made.headers['Location']}/rotate")
    own = client.get("/v1/webhooks/secret")

    assert [one.headers["Cache-Control"] for one in (made, rotated, own)] == ["no-store"] * 3


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/hook", "url_scheme"),
        ("ftp://shop.example/hook", "url_scheme"),
        ("https://127.0.0.1/hook", "url_forbidden_address"),
        ("https://[::ffff:127.0.0.1]/hook", "url_forbidden_address"),
        ("https://0x7f.1/", "url_forbidden_address"),
        ("https://user:pw@shop.example/", "url_invalid"),
        ("https://shop.example:6379/", "url_invalid"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_by_its_field(
    client: TestClient, url: str, code: str
) -> None:
    made = add(client)

    new = client.post("/v1/webhooks", json={"url": url})
    changed = client.patch(f"/v1/webhooks/{made['id']}", json={"url": url})
    job = client.post("/v1/jobs", json={"operation": {"op": "sample"}, "webhook_url": url})

    assert refusal(new) == refusal(changed) == refusal(job) == (422, code)
    assert new.json()["errors"][0]["pointer"] == "/url"
    assert job.json()["errors"][0]["pointer"] == "/webhook_url"
    assert len(client.get("/v1/webhooks").json()["items"]) == 1


def test_a_storefront_of_the_house_is_taken(client: TestClient) -> None:
    assert add(client, url="http://storefront.internal:3000/hook")["enabled"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": ""}, "/url"),
        ({"url": 1}, "/url"),
        ({"events": ["job.exploded"]}, "/events/0"),
        ({"events": "job.failed"}, "/events"),
        ({"secret": "whsec_mine"}, "/secret"),
        ({"description": "x" * 256}, "/description"),
    ],
)
def test_what_is_no_webhook_is_refused_by_its_field(
    client: TestClient, change: dict[str, Any], pointer: str
) -> None:
    refused = client.post("/v1/webhooks", json={"url": URL, **change})

    assert refusal(refused) == (422, "validation_error")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_without_a_key_for_secrets_a_webhook_is_refused_and_says_what_mends_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DB_SECRET_KEY")
    settings.get.cache_clear()

    refused = client.post("/v1/webhooks", json={"url": URL})

    assert refusal(refused) == (503, "secret_key_missing")
    assert "DB_SECRET_KEY" in refused.json()["detail"]
    assert client.get("/v1/webhooks").json()["items"] == []
    secrets.ensure_local_key()
    assert client.post("/v1/webhooks", json={"url": URL}).status_code == 201


def test_a_change_sets_what_is_named_and_leaves_the_rest(client: TestClient) -> None:
    made = add(client, events=["job.dead"], description="old")
    path = f"/v1/webhooks/{made['id']}"

    client.patch(path, json={"description": None})
    changed = client.patch(path, json={"url": "https://New.example", "events": []}).json()

    assert (changed["url"], changed["events"]) == ("https://new.example/", [])
    assert changed["description"] is None
    assert client.get(path).json() == changed


def test_a_webhook_is_switched_off_and_on(client: TestClient) -> None:
    made = add(client)
    path = f"/v1/webhooks/{made['id']}"
    waiting = client.post(f"{path}/test").json()

    off = client.patch(path, json={"enabled": False}).json()
    silent = client.post(f"{path}/test")
    replayed = client.post(f"/v1/webhooks/deliveries/{waiting['id']}/replay")
    on = client.patch(path, json={"enabled": True}).json()

    assert (off["enabled"], off["disabled_because"]) == (False, "switched off")
    assert refusal(silent) == refusal(replayed) == (409, "webhook_disabled")
    assert (on["enabled"], on["disabled_because"]) == (True, None)
    told = client.get(f"/v1/webhooks/deliveries/{waiting['id']}").json()
    assert (told["state"], told["due_at"]) == ("failed", None)


def test_a_ping_is_a_delivery_that_rings_the_worker(client: TestClient, rung: list[str]) -> None:
    made = add(client)

    asked = client.post(f"/v1/webhooks/{made['id']}/test")

    assert (asked.status_code, rung) == (202, ["hooks"])
    told = client.get(asked.headers["Location"]).json()
    assert (told["event"], told["webhook_id"], told["state"]) == (
        "webhook.ping",
        made["id"],
        "pending",
    )
    assert told["body"]["data"] == {"webhook_id": made["id"]}
    assert told["attempts"] == []


def test_the_log_shows_each_attempt_and_a_replay_is_the_same_message(
    client: TestClient, rung: list[str]
) -> None:
    add(client)
    lease = rows.running()
    with transaction() as session:
        rows.transitions.succeed(session, lease)
    (claimed,) = hooks.claim()
    hooks.answer(claimed, 500, text="not now")

    (listed,) = client.get(f"/v1/webhooks/deliveries?subject={lease.job_id}").json()["items"]
    whole = client.get(f"/v1/webhooks/deliveries/{listed['id']}").json()
    again = client.post(f"/v1/webhooks/deliveries/{listed['id']}/replay")

    (attempt,) = whole["attempts"]
    assert (attempt["number"], attempt["status"], attempt["answer"]) == (1, 500, "not now")
    assert whole["body"]["data"]["job_id"] == lease.job_id
    assert (whole["state"], whole["attempt"]) == ("pending", 1)
    assert again.status_code == 202
    assert again.json()["message_id"] == whole["message_id"] == whole["id"]
    assert again.json()["replay_of"] == whole["id"]
    assert rung == ["hooks"]


def test_pages_of_deliveries_follow_each_other_and_can_be_filtered(client: TestClient) -> None:
    made, other = add(client), add(client, url="https://other.example/")
    for _ in range(3):
        client.post(f"/v1/webhooks/{made['id']}/test")
    client.post(f"/v1/webhooks/{other['id']}/test")
    client.patch(f"/v1/webhooks/{other['id']}", json={"enabled": False})

    path = f"/v1/webhooks/deliveries?webhook_id={made['id']}&limit=2"
    first = client.get(path).json()
    rest = client.get(f"{path}&cursor={first['next_cursor']}").json()
    dead = client.get("/v1/webhooks/deliveries?state=failed").json()

    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert (len(ids), len(set(ids)), rest["next_cursor"]) == (3, 3, None)
    assert [one["webhook_id"] for one in dead["items"]] == [other["id"]]
    assert client.get("/v1/webhooks/deliveries?state=lost").status_code == 422


def test_a_removed_webhook_leaves_its_log(client: TestClient) -> None:
    made = add(client)
    ping = client.post(f"/v1/webhooks/{made['id']}/test").json()

    assert client.delete(f"/v1/webhooks/{made['id']}").status_code == 204

    assert refusal(client.get(f"/v1/webhooks/{made['id']}")) == (404, "webhook_not_found")
    assert client.get(f"/v1/webhooks/deliveries/{ping['id']}").json()["state"] == "failed"


def test_there_are_only_so_many(client: TestClient) -> None:
    for number in range(20):
        add(client, url=f"https://h{number}.example/")

    assert refusal(client.post("/v1/webhooks", json={"url": URL})) == (409, "too_many_webhooks")


def test_another_shop_sees_and_changes_nothing(client: TestClient, other_shop: TestClient) -> None:
    made = add(client)
    ping = client.post(f"/v1/webhooks/{made['id']}/test").json()
    path, told = f"/v1/webhooks/{made['id']}", f"/v1/webhooks/deliveries/{ping['id']}"

    assert other_shop.get("/v1/webhooks").json()["items"] == []
    assert other_shop.get("/v1/webhooks/deliveries").json()["items"] == []
    for answer in (
        other_shop.get(path),
        other_shop.patch(path, json={"enabled": False}),
        other_shop.delete(path),
        other_shop.post(f"{path}/rotate"),
        other_shop.post(f"{path}/test"),
    ):
        assert refusal(answer) == (404, "webhook_not_found")
    for answer in (other_shop.get(told), other_shop.post(f"{told}/replay")):
        assert refusal(answer) == (404, "delivery_not_found")
    mine, theirs = (one.get("/v1/webhooks/secret").json() for one in (client, other_shop))
    assert mine != theirs
    assert client.get(path).json()["enabled"]


@pytest.mark.parametrize(
    "webhook_id", ["x", "0", new_id(), "%00"], ids=["word", "number", "id", "null"]
)
def test_an_id_that_names_nothing_is_not_found(client: TestClient, webhook_id: str) -> None:
    assert client.get(f"/v1/webhooks/{webhook_id}").status_code == 404
    assert client.get(f"/v1/webhooks/deliveries/{webhook_id}").status_code == 404


def test_the_scope_is_needed(serve: Any) -> None:
    stranger = serve(key=issued.key("other", scopes=["jobs:write", "jobs:read"]))

    for path in ("/v1/webhooks", "/v1/webhooks/secret", "/v1/webhooks/deliveries"):
        assert refusal(stranger.get(path)) == (403, "insufficient_scope")


def test_the_secret_of_jobs_is_rotated(client: TestClient) -> None:
    first = client.get("/v1/webhooks/secret").json()["secret"]

    new = client.post("/v1/webhooks/secret/rotate").json()["secret"]

    assert client.get("/v1/webhooks/secret").json()["secret"] == new != first


def test_a_job_keeps_its_own_address_in_one_spelling(client: TestClient) -> None:
    order = rows.order(webhook_url="HTTPS://Shop.Example:443/told?order=7")

    assert order.webhook_url == "https://shop.example/told?order=7"


def _signed(secret: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
    now = int(time.time()) if at is None else at
    return {
        "Webhook-Id": "1",
        "Webhook-Timestamp": str(now),
        "Webhook-Signature": signing.sign(secret, message_id="1", timestamp=now, body=body),
    }


def test_the_client_believes_what_the_standards_own_library_believes() -> None:
    secret, body = signing.new_secret(), b'{"type": "job.succeeded"}'
    headers = _signed(secret, body)

    assert verify_webhook(body, headers, secret) == {"type": "job.succeeded"}
    assert Webhook(secret).verify(body, {name.lower(): one for name, one in headers.items()})
    both = {**headers, "Webhook-Signature": f"v1,AAAA v1a,x {headers['Webhook-Signature']}"}
    assert verify_webhook(body, both, secret)


def test_the_client_believes_nothing_else() -> None:
    secret, body = signing.new_secret(), b"{}"
    good = _signed(secret, body)

    for headers, sent in (
        (_signed(signing.new_secret(), body), body),
        (good, b"{ }"),
        ({**good, "Webhook-Id": "2"}, body),
        (_signed(secret, body, at=int(time.time()) - 301), body),
        (_signed(secret, body, at=int(time.time()) + 301), body),
        ({**good, "Webhook-Timestamp": "now"}, body),
        ({**good, "Webhook-Signature": ""}, body),
        ({**good, "Webhook-Signature": "v1,ä"}, body),
        ({}, body),
    ):
        with pytest.raises(InvalidWebhook):
            verify_webhook(sent, headers, secret)
    with pytest.raises(InvalidWebhook):
        verify_webhook(body, good, "whsec_no base64!")
