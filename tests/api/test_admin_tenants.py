"""Tenants on the page: made, and told how much of the house each may take."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from db import acts, tenants
from db.engine import reading
from tests import issued
from tests.browsing import ODD, Browser

CAPS = ("max_queued", "max_running", "max_requests_per_min", "max_upload_bytes_per_day")


def capped(name: str) -> dict[str, Any]:
    with reading() as session:
        row = tenants.find(session, name)
    return {cap: getattr(row, cap) for cap in CAPS}


def names(client: TestClient) -> list[str]:
    return [one["name"] for one in client.get("/v1/tenants").json()["items"]]


def test_a_tenant_is_made_with_its_caps_and_its_keys_come_next(browser: Browser) -> None:
    told = browser.post("/admin/tenants", name="boutique", max_queued="500", max_running="")

    assert told.headers["location"] == "/admin/keys?tenant=boutique&did=tenant_made"
    assert "Keys of boutique" in browser.get(told.headers["location"]).text
    assert capped("boutique") == dict.fromkeys(CAPS) | {"max_queued": 500}
    assert "/admin/tenants/boutique" in browser.get("/admin/tenants").text


def test_caps_are_set_and_lifted(browser: Browser) -> None:
    issued.key("boutique")
    fields = dict(zip(CAPS, ("10", "2", "60", "1000000"), strict=True))

    told = browser.post("/admin/tenants/boutique", **fields)

    assert told.headers["location"] == "/admin/tenants/boutique?did=capped"
    page = browser.get(told.headers["location"]).text
    assert all(f'name="{cap}" min="0" step="1" value="{fields[cap]}"' in page for cap in CAPS)
    assert capped("boutique") == {cap: int(fields[cap]) for cap in CAPS}
    browser.post("/admin/tenants/boutique", max_running="0")
    assert capped("boutique") == dict.fromkeys(CAPS) | {"max_running": 0}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *(("max_queued", text) for text in ("many", "-1", "1.5", "nan", "1e3", "1_0", "9" * 400)),
        ("max_running", str(2**31)),
        ("name", ""),
        ("name", "../x"),
        ("name", "x" * 65),
        ("name", "<script>"),
    ],
    ids=lambda given: given[:8],
)
def test_what_is_no_tenant_is_not_made_and_the_field_is_named(
    browser: Browser, client: TestClient, field: str, text: str
) -> None:
    before = names(client)

    told = browser.post("/admin/tenants", **({"name": "boutique"} | {field: text}))

    assert told.status_code == 422
    assert f"<code>/{field}</code>" in told.text
    assert "Go back in your browser" in told.text
    assert "<script>" not in told.text.partition("<main")[2]
    assert names(client) == before


def test_a_name_that_is_taken_and_a_tenant_that_is_not_there_are_told(browser: Browser) -> None:
    taken = browser.post("/admin/tenants", name="shop")
    nobody = browser.post("/admin/tenants/nobody", max_queued="1")

    assert (taken.status_code, nobody.status_code) == (409, 404)
    assert "tenant_exists" in taken.text
    assert browser.get("/admin/tenants/nobody").status_code == 404


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_tenant_of_any_name_at_all_is_answered(browser: Browser, text: str) -> None:
    assert browser.post("/admin/tenants", name=text, max_queued=text).status_code < 500


def test_what_was_set_is_on_the_tenants_own_record(browser: Browser) -> None:
    issued.key("boutique")
    browser.post("/admin/tenants/boutique", max_queued="10")

    with reading() as session:
        (act,) = acts.page(session, "boutique", limit=10)

    assert (act.verb, act.resource, act.outcome) == ("POST", "/admin/tenants/boutique", "done")
    assert act.actor_tenant == "shop"
