"""Parameters and cursors that strangers make up."""

import base64
import json

import pytest
from starlette.testclient import TestClient

from tests.factories import NOWHERE


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


FORGED = [
    "",
    "x",
    "%00",
    "é",
    "====",
    cursor(1),
    cursor([]),
    cursor(["2026-01-01T00:00:00+00:00"]),
    cursor(["2026-01-01T00:00:00", NOWHERE]),
    cursor(["yesterday", NOWHERE]),
    cursor([1, NOWHERE]),
    cursor(["2026-01-01T00:00:00+00:00", "' OR 1=1 --"]),
    cursor(["2026-01-01T00:00:00+00:00", 7]),
    cursor(["0001-01-01T00:00:00+14:00", NOWHERE]),
    cursor(["9999-12-31T23:59:59-14:00", NOWHERE]),
]


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/results"])
def test_a_forged_cursor_is_refused(client: TestClient, path: str, forged: str) -> None:
    refused = client.get(path, params={"cursor": forged})

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=-1", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=1000000", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("cursor=" + "x" * 1000, "/query/cursor"),
        ("sttae=queued", "/query/sttae"),
        ("state=done", "/query/state"),
        ("op=melt", "/query/op"),
        ("sku=", "/query/sku"),
        ("sku=%00", "/query/sku"),
        ("sku=" + "x" * 256, "/query/sku"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(client: TestClient, query: str, pointer: str) -> None:
    refused = client.get(f"/v1/jobs?{query}")

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_error")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "much"])
def test_a_bound_must_be_a_number(client: TestClient, value: str) -> None:
    refused = client.get(f"/v1/results?min_psnr_db={value}")

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/query/min_psnr_db"
