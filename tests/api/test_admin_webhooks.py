"""Webhooks on the page: made, changed, their secret replaced, pinged, removed."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from db import secrets
from db.engine import reading
from db.tables.deliveries import Endpoint
from tests.browsing import ODD, Browser

URL = "https://shop.example/hooks"


@pytest.fixture(autouse=True)
def key_of_secrets(home: object) -> None:
    secrets.ensure_local_key()


def secret_on(page: str) -> str:
    (found,) = re.findall(r'class="secret">(whsec_[^<]+)<', page)
    return str(found)


def all_of(client: TestClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/v1/webhooks").json()["items"]
    return items


def added(browser: Browser, client: TestClient, **fields: str) -> dict[str, Any]:
    assert browser.post("/admin/webhooks", **({"url": URL} | fields)).status_code == 200
    return all_of(client)[-1]


def test_an_address_is_added_and_its_secret_is_shown_once(
    browser: Browser, client: TestClient
) -> None:
    fields = {"event job.succeeded": "yes", "description": "the till"}

    told = browser.post("/admin/webhooks", url=f" {URL} ", **fields)

    secret = secret_on(told.text)
    assert told.headers["cache-control"] == "no-store"
    (webhook,) = all_of(client)
    assert (webhook["url"], webhook["description"]) == (URL, "the till")
    assert webhook["events"] == ["job.succeeded"]
    with reading() as session:
        row = session.get_one(Endpoint, webhook["id"])
        assert secrets.reveal(row.secret) == secret
    for path in ("/admin/webhooks", f"/admin/webhooks/{webhook['id']}"):
        assert "whsec_" not in browser.get(path).text


def test_all_of_it_is_changed_and_an_empty_description_is_none(
    browser: Browser, client: TestClient
) -> None:
    webhook = added(browser, client, description="the till", **{"event job.dead": "yes"})

    told = browser.post(f"/admin/webhooks/{webhook['id']}", url=f"{URL}/2", description="")

    assert told.headers["location"] == f"/admin/webhooks/{webhook['id']}?did=changed"
    (now,) = all_of(client)
    assert (now["url"], now["events"], now["description"]) == (f"{URL}/2", [], None)
    assert now["enabled"]


def test_a_new_secret_is_shown_once(browser: Browser, client: TestClient) -> None:
    first = secret_on(browser.post("/admin/webhooks", url=URL).text)
    (webhook,) = all_of(client)

    told = browser.post(f"/admin/webhooks/{webhook['id']}/rotate")

    assert secret_on(told.text) != first
    assert "replaced" in told.text


def test_one_is_pinged_and_removed(browser: Browser, client: TestClient) -> None:
    webhook = added(browser, client)

    pinged = browser.post(f"/admin/webhooks/{webhook['id']}/test")
    removed = browser.post(f"/admin/webhooks/{webhook['id']}/delete")

    assert pinged.headers["location"].startswith("/admin/webhooks/deliveries/")
    assert removed.headers["location"] == "/admin/webhooks?did=removed"
    assert all_of(client) == []
    assert browser.get(f"/admin/webhooks/{webhook['id']}").status_code == 404
    assert browser.get(pinged.headers["location"]).status_code == 200  # the log stays


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/hooks", "url_scheme"),
        ("https://127.0.0.1/hooks", "url_forbidden_address"),
        ("https://169.254.169.254/latest", "url_forbidden_address"),
        ("https://[::1]/", "url_forbidden_address"),
        ("https://user:word@shop.example/", "url_invalid"),
        ("file:///etc/passwd", "url_scheme"),
        ("", "validation_error"),
    ],
)
def test_an_address_that_the_api_would_not_take_is_not_taken_here(
    browser: Browser, client: TestClient, url: str, code: str
) -> None:
    webhook = added(browser, client)

    for path in ("/admin/webhooks", f"/admin/webhooks/{webhook['id']}"):
        told = browser.post(path, url=url)
        assert (told.status_code, f"<code>{code}</code>" in told.text) == (422, True), told.text

    assert [one["url"] for one in all_of(client)] == [URL]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_any_text_at_all_is_answered(browser: Browser, text: str) -> None:
    told = browser.post("/admin/webhooks", url=text, description=text)
    described = browser.post("/admin/webhooks", url=URL, description=text)

    assert told.status_code in (400, 422)
    assert described.status_code < 500
    assert "<script>alert" not in told.text + described.text


def test_more_than_there_may_be_are_refused(browser: Browser, client: TestClient) -> None:
    for _ in range(20):
        browser.post("/admin/webhooks", url=URL)

    told = browser.post("/admin/webhooks", url=URL)

    assert (told.status_code, len(all_of(client))) == (409, 20)
    assert "too_many_webhooks" in told.text


def test_another_shops_is_neither_seen_nor_changed(
    browser: Browser, other_shop: TestClient
) -> None:
    theirs = other_shop.post("/v1/webhooks", json={"url": URL}).json()["id"]

    assert browser.get(f"/admin/webhooks/{theirs}").status_code == 404
    assert browser.post(f"/admin/webhooks/{theirs}", url=URL).status_code == 404
    for act in ("rotate", "delete", "test"):
        assert browser.post(f"/admin/webhooks/{theirs}/{act}").status_code == 404
    assert len(all_of(other_shop)) == 1
