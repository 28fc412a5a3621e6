"""The operator's pages: queues, workers, webhooks, keys, the record, usage, datasets."""

import functools
import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from db import fleet, queues, secrets, usage
from db.engine import reading
from db.tables.workers import Worker
from tests import issued, kept, rows
from tests.api.test_admin_routes import PAGES, filled
from tests.browsing import Browser

HOSTILE = "</title><script>alert(1)</script>"
JSON = {"Content-Type": "application/json"}


def test_a_queue_is_paused_and_goes_on(browser: Browser) -> None:
    paused = browser.post("/admin/queues/gpu/pause")
    page = browser.get("/admin/workers").text
    resumed = browser.post("/admin/queues/gpu/resume")

    assert paused.headers["location"] == "/admin/workers?did=paused"
    assert "/admin/queues/gpu/resume" in page
    assert resumed.headers["location"] == "/admin/workers?did=resumed"
    with reading() as session:
        assert all(depth.paused_at is None for depth in queues.depths(session))
    assert browser.post("/admin/queues/none/pause").status_code == 404


def test_a_worker_is_sent_home(browser: Browser) -> None:
    worker = rows.worker("0190a0b0-0000-7000-8000-000000000001", state="ready")

    told = browser.post(f"/admin/workers/{worker}/drain")

    assert told.headers["location"] == "/admin/workers?did=draining"
    with reading() as session:
        assert fleet.is_to_drain(session, worker)
        assert session.get_one(Worker, worker).state == "ready"


def test_a_delivery_is_looked_into_and_told_once_more(
    browser: Browser, client: TestClient, api_key: str
) -> None:
    secrets.ensure_local_key()
    told = {"url": f"https://hooks.example/{HOSTILE[8:]}", "description": HOSTILE}
    webhook = client.post("/v1/webhooks", json=told).json()["id"]
    pinged = browser.post(f"/admin/webhooks/{webhook}/test").headers["location"]
    delivery = pinged.removeprefix("/admin/webhooks/deliveries/").partition("?")[0]

    replayed = browser.post(f"/admin/webhooks/deliveries/{delivery}/replay")

    again = replayed.headers["location"]
    assert again.endswith("?did=replayed")
    assert "told once more" in browser.get(again).text
    assert delivery in browser.get(f"/admin/webhooks?webhook_id={webhook}&state=pending").text
    assert HOSTILE not in browser.get("/admin/webhooks").text
    browser.post(f"/admin/webhooks/{webhook}/disable")
    assert "switched off" in browser.get("/admin/webhooks").text
    browser.post(f"/admin/webhooks/{webhook}/enable")
    assert ">hears<" in browser.get("/admin/webhooks").text


def test_a_key_is_given_out_and_shown_once(browser: Browser, client: TestClient) -> None:
    fields = {"name": HOSTILE, "scope train": "yes", "scope jobs:read": "yes"}

    told = browser.post("/admin/keys", **fields, expires_in_days="30")

    (text,) = re.findall(r'class="secret">(psk_[^<]+)<', told.text)
    assert told.headers["cache-control"] == "no-store"
    assert HOSTILE not in told.text
    assert client.get("/v1/jobs", headers=issued.headers(text)).status_code == 200
    assert client.get("/v1/keys", headers=issued.headers(text)).status_code == 403
    assert text not in browser.get("/admin/keys").text


def test_a_key_is_replaced_and_revoked(browser: Browser, open_browser: object) -> None:
    old = issued.key(scopes=["train"]).split("_")[1]

    told = browser.post(f"/admin/keys/{old}/rotate")
    revoked = browser.post(f"/admin/keys/{old}/revoke")

    assert 'class="secret">psk_' in told.text
    assert revoked.headers["location"] == "/admin/keys?tenant=shop&did=revoked"
    assert ">revoked<" in browser.get("/admin/keys").text


def test_a_key_without_a_name_or_a_scope_is_not_made(browser: Browser) -> None:
    for fields in ({}, {"name": "till"}, {"scope train": "yes"}, {"name": "a", "scope fly": "yes"}):
        assert browser.post("/admin/keys", **fields).status_code == 422, fields


@pytest.mark.parametrize("days", ["nan", "inf", "1e999", "1.5", "0", "-1", "soon", "9" * 30])
def test_a_key_of_no_lifetime_at_all_is_not_made(browser: Browser, days: str) -> None:
    fields = {"name": "till", "scope train": "yes", "expires_in_days": days}

    told = browser.post("/admin/keys", **fields)

    assert (told.status_code, "/expires_in_days" in told.text) == (422, True)


def test_an_operator_gives_keys_to_any_tenant_that_there_is(browser: Browser) -> None:
    issued.key("other")
    fields = {"name": "till", "scope train": "yes"}

    told = browser.post("/admin/keys?tenant=other", **fields)
    nobody = browser.post("/admin/keys?tenant=nobody", **fields)

    assert "Keys of other" in told.text
    assert nobody.status_code == 404
    assert "other" in browser.get("/admin/tenants").text
    assert "POST" in browser.get("/admin/audit?tenant=other").text


def test_what_the_page_did_is_in_the_record_it_shows(browser: Browser) -> None:
    browser.post("/admin/queues/gpu/pause")
    browser.post("/admin/queues/none/pause")

    page = browser.get("/admin/audit").text

    assert page.count("/admin/queues/{name}/pause") == 2
    assert ">refused<" in page


def test_the_record_of_a_picture_tells_its_story(browser: Browser) -> None:
    job, result = kept.made(picture := kept.picture())

    page = browser.get(f"/admin/audit?picture={picture}").text

    assert f"{picture} placed by Packshot itself" in page
    assert f"/v1/results/{result}" in page
    assert f"/admin/audit?picture={result}" in browser.get(f"/admin/results/{result}").text
    assert job in page


def test_usage_is_told_by_day(browser: Browser) -> None:
    kept.made(kept.picture())

    page = browser.get("/admin/usage?from=&to=").text

    assert "upscale" in page
    assert browser.get("/admin/usage?from=2026-01-01&to=2025-01-01").status_code == 422


def test_usage_that_is_long_to_add_up_follows_the_page(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.made(kept.picture())
    few = functools.partial(usage.at_once, few=0)
    monkeypatch.setattr(usage, "at_once", few)

    page = browser.get("/admin/usage?from=2026-01-01").text
    (address,) = re.findall(r'hx-get="(/admin/usage[^"]+)" hx-trigger="load"', page)
    whole = browser.get(address.replace("&amp;", "&")).text

    assert "being added up" in page
    assert "upscale" not in page
    assert "being added up" not in whole
    assert "upscale" in whole


def test_a_dataset_is_told_with_what_it_can_train(browser: Browser) -> None:
    dataset = kept.dataset(kept.picture(), name="shoes")

    assert "shoes@1" in browser.get("/admin/datasets").text
    assert "What it can train" in browser.get(f"/admin/datasets/{dataset}").text


@pytest.mark.parametrize("what", ["deliveries", "datasets"])
def test_of_another_shop_nothing_is_there(
    browser: Browser, other_shop: TestClient, what: str
) -> None:
    secrets.ensure_local_key()
    webhook = other_shop.post("/v1/webhooks", json={"url": "https://theirs.example/"}).json()["id"]
    delivery = other_shop.post(f"/v1/webhooks/{webhook}/test").json()["id"]
    dataset = kept.dataset(kept.picture(tenant="other"), tenant="other", name="theirs")

    if what == "deliveries":
        assert "theirs.example" not in browser.get("/admin/webhooks").text
        path = f"/admin/webhooks/deliveries/{delivery}"
        assert browser.get(path).status_code == 404
        assert browser.post(f"{path}/replay").status_code == 404
        assert browser.post(f"/admin/webhooks/{webhook}/disable").status_code == 404
    else:
        assert "theirs@1" not in browser.get("/admin/datasets").text
        assert browser.get(f"/admin/datasets/{dataset}").status_code == 404


def test_pages_of_many_rows_are_read_in_pages(browser: Browser) -> None:
    for _ in range(3):
        browser.post("/admin/queues/gpu/pause")

    first = browser.get("/admin/audit?limit=2").text
    (link,) = [part for part in first.split('"') if "cursor=" in part]

    assert browser.get(link.replace("&amp;", "&")).status_code == 200


def test_no_page_shows_a_key_or_a_secret(browser: Browser, api_key: str) -> None:
    for path in PAGES:
        assert api_key.split("_")[2][:16] not in browser.get(filled(path)).text, path


def test_pages_hold_no_title_that_closes_itself(open_browser: Callable[..., Browser]) -> None:
    browser = open_browser(issued.key("shop"))

    assert "<script>alert" not in browser.get(f"/admin/sign-in?next={HOSTILE}").text
