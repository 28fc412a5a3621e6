"""Every route's answers, good and bad: each holds what keeps browsers and caches careful."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.edge import HEADERS
from tests import everything
from tests.described import ROUTES, Route

ELSEWHERE = {"Origin": "https://elsewhere.example"}
# Of bytes that never change, and of what shows a secret.
KEPT = ("private, no-cache", "private, max-age=31536000, immutable", "no-store")


@pytest.fixture
def names(client: TestClient) -> dict[str, str]:
    return everything.named(client)


def asked(client: TestClient, route: Route, names: dict[str, str], **more: str) -> Any:
    sent = route.sent()
    headers = {**sent.pop("headers", {}), **ELSEWHERE, **more}
    return client.request(route.method, everything.at(route, names), headers=headers, **sent)


def careless(answer: Any) -> list[str]:
    """What an answer lacks or says too much."""
    headers = answer.headers
    lacks = [name for name in HEADERS if name not in headers]
    tells = [name for name in headers if name.startswith("access-control-")]
    tells += [name for name in ("set-cookie", "server", "x-powered-by") if name in headers]
    kind = headers.get("content-type", "application/json").partition(";")[0]
    is_read = kind in (
        "application/json", "application/problem+json", "text/event-stream", "text/plain",
    )  # fmt: skip
    is_saved = headers.get("content-disposition", "").startswith("attachment")
    wrong = {
        "sniffed": headers.get("x-content-type-options") != "nosniff",
        "run": headers.get("content-security-policy") != HEADERS["Content-Security-Policy"],
        "kept": headers.get("cache-control") not in KEPT,
        "embedded": headers.get("cross-origin-resource-policy") != "same-origin",
        "shown": not (is_read or is_saved),
    }
    return [*lacks, *tells, *(name for name, is_so in wrong.items() if is_so)]


def test_whatever_is_answered_is_answered_carefully(
    client: TestClient, names: dict[str, str]
) -> None:
    stranger = TestClient(client.app)
    found: dict[str, list[str]] = {}

    for route in sorted(ROUTES, key=lambda one: one.method == "DELETE"):
        if route.path.endswith("/events"):
            continue  # a stream goes on: tests/api/test_events.py listens to it
        for answer in (
            asked(stranger, route, names),  # 401
            asked(client, route, {}),  # 404
            asked(client, route, names),
            asked(client, route, names, **{"Content-Type": "text/html", "X-Request-Id": "<b>"}),
        ):
            found[f"{answer.status_code} {route}"] = careless(answer)

    assert {said: why for said, why in found.items() if why} == {}
    assert {said[:3] for said in found} >= {"200", "201", "202", "204", "401", "404", "409", "415"}


def test_files_are_saved_and_not_shown(client: TestClient, names: dict[str, str]) -> None:
    files = [
        answer
        for route in ROUTES
        if route.method == "GET" and "image/*" in str(route.said["responses"].get("200"))
        if (answer := asked(client, route, names)).status_code == 200
    ]

    assert len(files) == 4  # a picture, a result, a stage, a grid; links: tests/api/test_links.py
    for answer in files:
        assert answer.headers["content-type"].startswith("image/")
        assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_no_page_of_another_site_may_ask(client: TestClient) -> None:
    """CORS is off: a browser that asks first is told no, and nothing is let through."""
    wants = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "*"}

    for path in {route.path for route in ROUTES}:
        told = client.options(path.replace("{", "").replace("}", ""), headers=ELSEWHERE | wants)
        assert told.status_code == 405, path
        assert careless(told) == [], path


def test_our_own_fault_is_told_as_carefully(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import jobs

    monkeypatch.setattr(jobs, "reading", lambda: 1 / 0)
    outside = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)

    told = outside.get("/v1/jobs", headers=ELSEWHERE)

    assert told.status_code == 500
    assert careless(told) == []


@pytest.mark.parametrize("path", ["/", "/nowhere", "/v1", "/v1/jobs/", "/docs", "/openapi.json"])
def test_what_is_no_route_is_answered_as_carefully(client: TestClient, path: str) -> None:
    told = client.get(path, headers=ELSEWHERE, follow_redirects=False)

    assert told.status_code in (200, 307, 404)
    assert careless(told) == []


def test_what_shows_a_secret_is_stored_nowhere_on_the_way(
    client: TestClient, names: dict[str, str]
) -> None:
    showing = {
        f"{route.method} {route.path}": asked(client, route, names).headers["cache-control"]
        for route in ROUTES
        if any(one in str(route.said["responses"]) for one in ("Issued", "SecretOut"))
    }

    assert len(showing) == 6
    assert set(showing.values()) == {"no-store"}


def test_a_body_of_another_type_is_not_read_as_json(client: TestClient) -> None:
    """Else a form of another site could place orders without asking first."""
    reading = [route for route in ROUTES if "content" in route.sent()]

    for route in reading:
        sent = {**route.sent(), "headers": {"Content-Type": "text/plain"}}
        told = client.request(route.method, everything.at(route, {}), **sent)
        assert told.status_code == 415, str(route)

    assert len(reading) > 10


STRICT = "strict-transport-security"


@pytest.mark.parametrize("path", ["/healthz", "/v1/jobs", "/nowhere", "/admin/sign-in"])
def test_where_callers_come_by_https_browsers_are_bound_to_it(
    serve: Callable[..., TestClient], path: str
) -> None:
    by_tls = serve(url="https://packshot.example")

    assert by_tls.get(path).headers[STRICT] == "max-age=31536000"


@pytest.mark.parametrize("url", ["", "http://packshot.example", "http://https://"])
def test_elsewhere_nobody_is_bound_to_what_is_not_there(
    serve: Callable[..., TestClient], url: str
) -> None:
    assert STRICT not in serve(url=url).get("/healthz").headers


def test_our_own_fault_binds_browsers_too(
    serve: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import jobs

    by_tls = serve(url="https://packshot.example")
    monkeypatch.setattr(jobs, "reading", lambda: 1 / 0)
    outside = TestClient(by_tls.app, raise_server_exceptions=False, headers=by_tls.headers)

    told = outside.get("/v1/jobs")

    assert (told.status_code, told.headers[STRICT]) == (500, "max-age=31536000")
