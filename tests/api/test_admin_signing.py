"""Who may look at the page: signing in and out, sessions that end, forms of others, guessers."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from api.admin import session as sessions
from api.admin.pages import POLICY
from db import clock, key_text, keys
from db.engine import transaction
from db.tables.tenants import ApiKey
from tests import issued
from tests.browsing import Browser

Open = Callable[..., Browser]


def test_nobody_sees_the_page_without_signing_in(open_browser: Open) -> None:
    browser = open_browser()

    told = browser.client.get("/admin", headers={"Accept": "text/html"}, follow_redirects=False)

    assert (told.status_code, told.headers["location"]) == (303, "/admin/sign-in?next=/admin")
    assert browser.client.get("/admin/live").status_code == 401


def test_an_operators_key_opens_the_page_it_was_on_the_way_to(
    open_browser: Open, api_key: str
) -> None:
    browser = open_browser()

    told = browser.sign_in(api_key, back="/admin/jobs?state=failed")

    assert (told.status_code, told.headers["location"]) == (303, "/admin/jobs?state=failed")
    assert "Overview" in browser.get("/admin").text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/admin\\evil", "/v1"])
def test_a_link_leads_nowhere_else_after_signing_in(
    open_browser: Open, api_key: str, back: str
) -> None:
    assert open_browser().sign_in(api_key, back=back).headers["location"] == "/admin"


def test_the_cookie_is_the_hosts_alone_and_out_of_reach_of_scripts(
    open_browser: Open, api_key: str
) -> None:
    cookie = open_browser().sign_in(api_key).headers["set-cookie"]

    name, *parts = cookie.split("; ")
    assert name.startswith("__Host-packshot=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=28800"} == set(parts)
    assert api_key.split("_")[2] not in cookie


@pytest.mark.parametrize("scopes", [["jobs:read"], issued.SHOPS])
def test_a_key_that_is_no_operators_opens_nothing(open_browser: Open, scopes: list[str]) -> None:
    browser = open_browser()

    told = browser.sign_in(issued.key(scopes=scopes))

    assert told.status_code == 401
    assert "set-cookie" not in told.headers


def test_a_session_ends_with_its_key(open_browser: Open, api_key: str) -> None:
    browser = open_browser(api_key, key_remembered_s=0)
    with transaction() as db:
        keys.revoke(db, "shop", api_key.split("_")[1])

    assert browser.get("/admin").url.path == "/admin/sign-in"


def test_a_session_ends_when_its_key_is_no_operators_any_more(
    open_browser: Open, api_key: str
) -> None:
    browser = open_browser(api_key, key_remembered_s=0)
    with transaction() as db:
        db.execute(update(ApiKey).values(expires_at=clock.seconds_from_now(-1)))

    assert browser.get("/admin").url.path == "/admin/sign-in"


def test_a_session_ends_after_eight_hours(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sessions.LASTS_S == 8 * 3600
    monkeypatch.setattr(sessions, "LASTS_S", -1)

    assert browser.get("/admin").url.path == "/admin/sign-in"


def test_a_cookie_that_we_did_not_sign_opens_nothing(browser: Browser) -> None:
    name = "__Host-packshot"
    signed = browser.client.cookies[name]
    body, at, proof = signed.split(".")
    forgeries = (f"{body}.{at}.{proof[::-1]}", f"A{body}.{at}.{proof}", "x", body)
    for forged in forgeries:
        browser.client.cookies.clear()
        browser.client.cookies.set(name, forged)

        assert browser.get("/admin").url.path == "/admin/sign-in"


def test_signing_out_ends_it(browser: Browser) -> None:
    told = browser.post("/admin/sign-out")

    assert told.headers["location"] == "/admin/sign-in"
    assert browser.get("/admin").url.path == "/admin/sign-in"


def test_a_form_without_the_pages_token_does_nothing(browser: Browser) -> None:
    for fields in ({}, {"csrf": ""}, {"csrf": "guessed"}, {"csrf": "é"}):
        told = browser.client.post("/admin/sign-out", data=fields)

        assert told.status_code == 403
        assert "forged_form" in told.text
    assert "Overview" in browser.get("/admin").text


def test_a_token_of_another_session_is_no_token(
    browser: Browser, open_browser: Open, api_key: str
) -> None:
    other = open_browser(api_key)

    told = browser.client.post("/admin/sign-out", data={"csrf": other.csrf()})

    assert told.status_code == 403


def test_what_another_site_sends_is_refused(browser: Browser, api_key: str) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    csrf = browser.csrf()

    for path, fields in (("sign-out", {"csrf": csrf}), ("sign-in", {"key": api_key})):
        told = browser.client.post(f"/admin/{path}", data=fields, headers=elsewhere)
        assert (told.status_code, "forged_form" in told.text) == (403, True)


def test_who_guesses_keys_is_made_to_wait(open_browser: Open, api_key: str) -> None:
    browser = open_browser()
    guesses = [browser.sign_in(key_text.new().written()).status_code for _ in range(10)]

    told = browser.sign_in(api_key)

    assert guesses == [401] * 10
    assert told.status_code == 429
    assert 1 <= int(told.headers["retry-after"]) <= 60


def test_who_signs_in_right_is_never_made_to_wait(open_browser: Open, api_key: str) -> None:
    browser = open_browser()

    assert {browser.sign_in(api_key).status_code for _ in range(15)} == {303}


def test_signing_in_and_out_is_on_record(browser: Browser, api_key: str) -> None:
    browser.post("/admin/sign-out")

    told = browser.client.get("/v1/audit", headers=issued.headers(api_key)).json()["items"]
    assert [row["route"] for row in told] == ["/admin/sign-out", "/admin/sign-in"]
    assert {row["key_id"] for row in told} == {api_key.split("_")[1]}


def test_every_page_has_the_strict_policy(browser: Browser) -> None:
    for path in ("/admin", "/admin/sign-in"):
        headers = browser.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY


def test_a_long_form_is_not_read(browser: Browser) -> None:
    told = browser.client.post("/admin/sign-in", data={"key": "x" * 30_000})

    assert told.status_code == 413


def test_without_a_secret_key_nobody_is_let_in(
    open_browser: Open, api_key: str, home: object
) -> None:
    browser = open_browser()
    (home / "secret.key").unlink()  # type: ignore[operator]

    told = browser.sign_in(api_key)

    assert told.status_code == 503
    assert "DB_SECRET_KEY" in told.text


def test_openapi_says_nothing_of_the_page(browser: Browser) -> None:
    assert not [path for path in browser.get("/openapi.json").json()["paths"] if "admin" in path]
