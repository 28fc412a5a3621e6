"""What another tenant has is told as what never was: by every path, and by every name in a body."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import everything, factories, issued
from tests.described import GUARDED, JSON, Route
from tests.everything import NEVER, NOBODYS
from tests.factories import NOWHERE

OF_ONE = [
    route
    for route in GUARDED
    if route.is_of_one and not NOBODYS.intersection(everything.collections(route))
]
# What differs from one answer to the next whatever was asked for.
PASSING = {"x-request-id", "ratelimit"}
Told = tuple[int, Any, dict[str, str]]


@pytest.fixture
def names(client: TestClient) -> dict[str, str]:
    return everything.named(client)


@pytest.fixture
def other(client: TestClient) -> TestClient:
    """Another tenant's client of the same app, with a key that opens every route."""
    return TestClient(client.app, headers=issued.headers(issued.key("other")))


def told(client: TestClient, method: str, path: str, *, but: str, **sent: Any) -> Told:
    """An answer without what it was asked for by name."""
    answer = client.request(method, path, **sent)
    body = json.loads(answer.text.replace(but, "…")) if answer.content else None
    if isinstance(body, dict):
        body.pop("request_id", None)
    headers = {name: text for name, text in answer.headers.items() if name not in PASSING}
    return answer.status_code, body, headers


def asked(client: TestClient, route: Route, method: str, names: dict[str, str]) -> Told:
    first = everything.collections(route)[0]
    path = everything.at(route, names)
    return told(client, method, path, but=names[first], **route.sent())


def test_all_that_a_path_can_name_is_there_and_its_owner_sees_it(
    client: TestClient, names: dict[str, str]
) -> None:
    """Else the other's seeing nothing would show nothing; a new collection fails here."""
    assert {one for route in OF_ONE for one in everything.collections(route)} == set(names)

    for route in OF_ONE:
        # A stream goes on: tests/api/test_events.py listens to it.
        if route.method == "GET" and not route.path.endswith("/events"):
            answer = client.get(everything.at(route, names), **route.sent())
            assert answer.status_code == 200, str(route)


def test_what_another_has_is_answered_as_what_never_was(
    other: TestClient, names: dict[str, str]
) -> None:
    never = {one: NEVER.get(one, NOWHERE) for one in names}

    for route in OF_ONE:
        theirs, nothing = (asked(other, route, route.method, one) for one in (names, never))
        assert nothing[0] == 404, str(route)
        assert theirs == nothing, str(route)
        if route.method == "GET":
            theirs, nothing = (asked(other, route, "HEAD", one) for one in (names, never))
            assert theirs == nothing, str(route)
            assert nothing[0] in (404, 405), str(route)


@pytest.mark.parametrize("kind", ["pictures", "jobs", "results"])
def test_what_another_has_erased_never_was_either(
    client: TestClient, other: TestClient, names: dict[str, str], kind: str
) -> None:
    erased = client.delete(f"/v1/{kind}/{names[kind]}", params={"from_datasets": "true"})
    assert erased.status_code == 204, erased.text

    for route in OF_ONE:
        if everything.collections(route)[0] == kind and route.method == "GET":
            mine = client.request(route.method, everything.at(route, names), **route.sent())
            assert mine.status_code in (404, 410), str(route)
            theirs = asked(other, route, route.method, names)
            assert theirs == asked(other, route, route.method, {**names, kind: NOWHERE}), str(route)


Body = Callable[[str, str], dict[str, Any]]
ORDERS: list[tuple[str, Body]] = [
    ("results", lambda name, mine: {"operation": {"op": "personalize", "liked": [mine, name]}}),
    ("pictures", lambda name, _: {"operation": {"op": "upscale", "picture": name}}),
    ("results", lambda name, _: {"operation": {"op": "upscale", "picture": name}}),
    (
        "pictures",
        lambda name, mine: {"operation": {"op": "upscale", "picture": mine}, "reference": name},
    ),
    (
        "pictures",
        lambda name, mine: {
            "operation": {"op": "recolor", "picture": mine, "to_hex": "#AA0000", "mask": name}
        },
    ),
    ("versions", lambda name, _: {"operation": {"op": "sample", "version": name}}),
    (
        "datasets",
        lambda name, _: {"operation": {"op": "train", "network": "gan", "dataset": name}},
    ),
]
NAMED: list[tuple[str, str, Body]] = [
    *(("/v1/jobs", kind, body) for kind, body in ORDERS),
    ("/v1/assist", "pictures", lambda name, _: {"picture": name, "wish": "on white"}),
    ("/v1/assist", "results", lambda name, _: {"picture": name, "wish": "on white"}),
    (
        "/v1/tastes",
        "results",
        lambda name, _: {"picture": name, "liked": 1, "segment": "summer"},
    ),
    ("/v1/labels", "pictures", lambda name, _: {"picture": name, "verdict": "confirm"}),
    ("/v1/feedback", "results", lambda name, _: {"result_id": name, "rating": 1}),
    ("/v1/campaigns", "results", lambda name, _: {"name": "mine", "results": [name]}),
    (
        "/v1/datasets",
        "pictures",
        lambda name, _: {"name": "mine", "pictures": [{"picture": name, "category": "a"}]},
    ),
    (
        "/v1/retraining-rules",
        "datasets",
        lambda name, _: {
            "operation": {"op": "train", "network": "vae", "dataset": name},
            "when": {"ratings": 2},
        },
    ),
]


@pytest.mark.parametrize(("path", "kind", "body"), NAMED)
def test_a_body_that_names_what_another_has_names_nothing(
    other: TestClient, names: dict[str, str], path: str, kind: str, body: Body
) -> None:
    mine = sent(other, factories.png())

    theirs, nothing = (
        told(other, "POST", path, but=name, content=json.dumps(body(name, mine)), headers=JSON)
        for name in (names[kind], NEVER.get(kind, NOWHERE))
    )

    assert nothing[0] in (404, 422)
    assert nothing[1]["code"].endswith("_not_found"), nothing[1]
    assert theirs == nothing


def test_whether_another_has_a_file_is_not_told_by_sending_it(
    client: TestClient, other: TestClient
) -> None:
    file = {"file": ("a.png", factories.png(40, 40))}
    mine = client.post("/v1/pictures", files=file)

    theirs = other.post("/v1/pictures", files=file)

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


def test_an_idempotency_key_of_another_is_free(client: TestClient, other: TestClient) -> None:
    placed = []
    for shop in (client, other):
        order = factories.order("upscale", picture=sent(shop, factories.png()))
        headers = {**JSON, "Idempotency-Key": "order-1"}
        placed.append(shop.post("/v1/jobs", content=order, headers=headers))

    assert [answer.status_code for answer in placed] == [202, 202]
    assert placed[0].json()["id"] != placed[1].json()["id"]


def sent(client: TestClient, file: bytes) -> str:
    """The id of a picture of the client's own."""
    return str(client.post("/v1/pictures", files={"file": ("a.png", file)}).json()["id"])
