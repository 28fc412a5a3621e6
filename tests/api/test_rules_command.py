"""`packshot rules`, against a server that answers as the API."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from db.operations.union import schemas
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server

ID = "01a2096d-ffd8-7ba9-9375-643d2b5bf960"
RULE = {
    "id": ID,
    "network": "vae",
    "dataset": "shop",
    "ratings": 30,
    "drop_db": None,
    "over_results": None,
    "promotes": True,
}
RETRAINING = {
    "created_at": "2026-01-02T03:04:05Z",
    "cause": "ratings",
    "outcome": "not_promoted",
    "detail": "no better than what serves",
    "job_id": ID,
    "version_id": ID,
}
ROUTE = "/v1/retraining-rules"
Run = Callable[..., int]


def _answer(asked: Asked) -> Any:
    match asked.method, asked.path:
        case "GET", "/v1/operations/train":
            return {"name": "train", "schema": schemas()["train"]}
        case "GET", path if path == ROUTE:
            return {"items": [RULE]}
        case "GET", path if path == f"{ROUTE}/{ID}":
            return {**RULE, "retrainings": [RETRAINING]}
        case "POST", path if path == ROUTE:
            return Answer(201, RULE)
        case "DELETE", path if path == f"{ROUTE}/{ID}":
            return Answer(204, {})
    return Answer(404, {"code": "rule_not_found", "detail": asked.path})


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted.serving(_answer) as one:
        yield one


def test_a_rule_is_asked_for_with_what_starts_it_and_how_it_trains(
    packshot: Run, server: Server
) -> None:
    words = ["rules", "add", "vae", "shop", "--ratings", "30", "--drop-db", "1.5"]

    code = packshot(*words, "--no-promote", "-p", "epochs=60", "--url", server.url)

    operation = {"op": "train", "network": "vae", "dataset": "shop", "epochs": 60}
    when = {"ratings": 30, "drop_db": 1.5}
    assert code == 0
    assert server.bodies(ROUTE) == [{"operation": operation, "when": when, "promote": False}]


def test_a_rule_that_nothing_starts_is_refused_before_anybody_is_asked(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("rules", "add", "vae", "shop", "--url", server.url) == 2

    assert "--ratings" in capsys.readouterr().err
    assert server.asked == []


def test_what_came_of_a_rule_is_shown(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("rules", "--url", server.url) == 0
    assert packshot("rules", "show", ID, "--url", server.url) == 0

    assert "not_promoted" in capsys.readouterr().out


def test_a_rule_is_removed(packshot: Run, server: Server) -> None:
    assert packshot("rules", "remove", ID, "--url", server.url) == 0
    assert [one.method for one in server.asked] == ["DELETE"]
    assert packshot("rules", "remove", "nobody's", "--url", server.url) == 2
