"""Impressions, clicks and orders as a shop tells them: line by line, each counted once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import counted
from tests.described import JSON
from tests.factories import NOWHERE


def _event(number: int, result: str, **more: Any) -> dict[str, Any]:
    return {"id": f"e-{number}", "kind": "click", "result_id": result, **more}


def _tell(client: TestClient, events: Any) -> Any:
    return client.post("/v1/events", content=json.dumps({"events": events}), headers=JSON)


def test_a_thousand_are_counted_in_one_call_and_again_in_none(client: TestClient) -> None:
    shoe = counted.shown()
    events = [_event(number, shoe) for number in range(1_000)]

    first, again = _tell(client, events), _tell(client, events)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == {"counted": 1_000, "repeated": 0, "refused": 0, "problems": []}
    assert again.json() == {"counted": 0, "repeated": 1_000, "refused": 0, "problems": []}
    (tally,) = client.get(f"/v1/results/{shoe}/tallies").json()["items"]
    assert tally == {
        "campaign_id": None,
        "choices": 0,
        "impressions": 0,
        "clicks": 1_000,
        "orders": 0,
    }


def test_a_line_that_is_wrong_is_named_and_stops_no_other(client: TestClient) -> None:
    shoe = counted.shown()
    now = datetime.now(UTC)
    lines: list[tuple[Any, str, str]] = [
        (7, "validation_error", ""),
        ({}, "validation_error", "/id"),
        (_event(1, shoe, kind="love"), "validation_error", "/kind"),
        (_event(2, shoe, id=""), "validation_error", "/id"),
        (_event(3, shoe, id="x" * 65), "validation_error", "/id"),
        (_event(4, shoe, id="é"), "validation_error", "/id"),
        (_event(5, shoe, id=5), "validation_error", "/id"),
        (_event(6, "../x"), "validation_error", "/result_id"),
        (_event(7, shoe, shopper="who"), "validation_error", "/shopper"),
        (_event(8, shoe, occurred_at="yesterday"), "validation_error", "/occurred_at"),
        (_event(9, shoe, occurred_at="2026-11-27T09:00:00"), "validation_error", "/occurred_at"),
        (_event(10, NOWHERE), "result_not_found", "/result_id"),
        (_event(11, shoe, campaign_id=NOWHERE), "campaign_not_found", "/campaign_id"),
        (
            _event(12, shoe, occurred_at=(now - timedelta(days=30)).isoformat()),
            "event_too_old",
            "/occurred_at",
        ),
        (
            _event(13, shoe, occurred_at=(now + timedelta(days=1)).isoformat()),
            "event_not_yet",
            "/occurred_at",
        ),
    ]
    good = [_event(100, shoe), _event(101, shoe, occurred_at=now.isoformat())]

    told = _tell(client, [good[0], *(line for line, _, _ in lines), good[1]]).json()

    assert (told["counted"], told["repeated"], told["refused"]) == (2, 0, len(lines))
    for place, (problem, (_, code, pointer)) in enumerate(
        zip(told["problems"], lines, strict=True), start=2
    ):
        assert problem["line"] == place
        assert problem["problem"]["code"] == code
        assert pointer in [error["pointer"] for error in problem["problem"]["errors"]]


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"[", 400, "malformed_json"),
        (b"[]", 422, "validation_error"),
        (b"{}", 422, "validation_error"),
        (b'{"events": []}', 422, "validation_error"),
        (b'{"events": [], "more": 1}', 422, "validation_error"),
        (b'{"events": {}}', 422, "validation_error"),
        (json.dumps({"events": [{}] * 1_001}).encode(), 422, "validation_error"),
        (b'{"events": [NaN]}', 400, "malformed_json"),
        (b'{"events": ["\\ud800"]}', 400, "malformed_json"),
        (b'{"events": ["\\u0000"]}', 400, "malformed_json"),
        (b'{"events": [{"id": "a", "id": "b"}]}', 400, "malformed_json"),
        (b'{"events": [' + b"[" * 500 + b"]" * 500 + b"]}", 400, "malformed_json"),
        (b'{"events": [' + b"9" * 5_000 + b"]}", 400, "malformed_json"),
        (b"\xff", 400, "malformed_json"),
    ],
    ids=range(15),
)
def test_a_body_that_holds_no_lines_is_refused_whole(
    client: TestClient, raw: bytes, status: int, code: str
) -> None:
    answer = client.post("/v1/events", content=raw, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_lines_of_large_numbers_and_odd_types_are_refused_one_by_one(client: TestClient) -> None:
    told = _tell(client, [None, True, 10**400, 1e300, "x", [], [[]], {"id": {"a": 1}}])

    assert told.status_code == 200
    assert told.json()["refused"] == 8


def test_of_what_is_not_there_no_tally_is_told(client: TestClient, other_shop: TestClient) -> None:
    shoe = counted.shown()

    assert client.get(f"/v1/results/{NOWHERE}/tallies").json()["code"] == "result_not_found"
    assert other_shop.get(f"/v1/results/{shoe}/tallies").json()["code"] == "result_not_found"
    assert client.get(f"/v1/results/{shoe}/tallies").json() == {"items": []}


def test_how_many_were_told_is_a_number_to_watch(client: TestClient) -> None:
    shoe = counted.shown()
    before = _numbers(client)

    _tell(client, [_event(1, shoe), _event(1, shoe), _event(2, NOWHERE)])

    after = _numbers(client)
    assert {name: after[name] - before.get(name, 0) for name in after} == {
        "counted": 1,
        "repeated": 1,
        "refused": 1,
    }


def _numbers(client: TestClient) -> dict[str, float]:
    told = client.get("/metrics").text.splitlines()
    start = 'packshot_shop_events_total{outcome="'
    return {
        line.removeprefix(start).partition('"')[0]: float(line.rpartition(" ")[2])
        for line in told
        if line.startswith(start)
    }
