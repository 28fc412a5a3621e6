"""Each route before each scope alone: what opens it is what openapi.json says, and asked first."""

from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from db import keys
from tests import issued, stored
from tests.described import GUARDED, JSON, ROUTES, Route
from tests.factories import NOWHERE

# Below /v1, what wants no key: a signed link is one by itself.
OPEN = {"/v1/links/{tenant}/{kind}/{row_id}"}
# What is wrong with a request besides its key: nobody without the key is told of it.
WORSE: tuple[Mapping[str, Any], ...] = (
    {
        "content": b"{",
        "headers": {**JSON, "Idempotency-Key": "x" * 300},
        "params": {"limit": "many", "cursor": "\0", "tenant": "?", "state": "x"},
    },
    {
        "content": b"{}",
        "headers": {"Content-Encoding": "gzip", "Content-Length": "99999999999"},
    },
)


def ask(client: TestClient, key: str, method: str, path: str, **sent: Any) -> Any:
    headers = {**sent.pop("headers", {}), **issued.headers(key)}
    return client.request(method, path, headers=headers, **sent)


def plainly(client: TestClient, key: str, route: Route) -> Any:
    """The route about what nothing is called, with an empty object where it takes a body."""
    sent = route.sent()
    if "content" in sent or route.method in {"POST", "PATCH"}:
        sent = {"content": b"{}", "headers": JSON}
    return ask(client, key, route.method, route.at(NOWHERE), **sent)


def told_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_every_route_below_v1_says_what_opens_it() -> None:
    silent = {route.path for route in ROUTES if not route.wants_key}

    assert {path for path in silent if path.startswith("/v1")} == OPEN
    assert {route.scope for route in GUARDED} == {*keys.SCOPES, None}


def test_a_scope_alone_opens_the_routes_that_say_so_and_no_other(client: TestClient) -> None:
    wrong = []
    for scope in keys.SCOPES:
        key = issued.key(scopes=[scope])
        as_said = partial(_is_answered_as_said, client, key, scope=scope)
        wrong += [f"{scope}: {route}" for route in GUARDED if not as_said(route)]

    assert wrong == []


def _is_answered_as_said(client: TestClient, key: str, route: Route, *, scope: str) -> bool:
    told = plainly(client, key, route)
    if route.scope is None or scope in (route.scope, keys.ADMIN):
        return told.status_code not in (401, 403)
    challenge = f'Bearer error="insufficient_scope", scope="{route.scope}"'
    asked = told.headers.get("www-authenticate")
    return (*told_of(told), asked) == (403, "insufficient_scope", challenge)


def test_a_head_opens_to_whom_its_get_opens(client: TestClient) -> None:
    refused = 0
    for scope in keys.SCOPES:
        key = issued.key(scopes=[one for one in keys.SCOPES if one not in (scope, keys.ADMIN)])
        for route in GUARDED:
            if route.method == "GET" and route.scope == scope:
                told = ask(client, key, "HEAD", route.at(NOWHERE))
                assert told.status_code in (403, 405), str(route)
                refused += told.status_code == 403

    assert refused >= 4


def test_whoever_may_not_is_told_so_before_anything_else(client: TestClient, home: Path) -> None:
    key, other = issued.key(scopes=["train"]), issued.key(scopes=["webhooks"])

    for route, worse in product(GUARDED, WORSE):
        asked = partial(ask, client, method=route.method, path=route.at("%00"), **worse)
        assert told_of(asked("psk_not_a_key")) == (401, "unauthenticated")
        if route.scope is not None:
            told = asked(other if route.scope == "train" else key)
            assert told_of(told) == (403, "insufficient_scope"), str(route)

    assert stored.counted(home) == stored.NOTHING
