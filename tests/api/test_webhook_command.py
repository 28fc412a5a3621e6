"""`packshot webhooks`, against a server that answers what the API would."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from api import cli
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server

WEBHOOK = {
    "id": "01a2096d-ffd8-7ba9-9375-643d2b5bf960",
    "url": "https://shop.example/told",
    "events": ["job.failed"],
    "enabled": True,
    "disabled_because": None,
    "description": None,
}
DELIVERY = {
    "id": "01a2096d-ffd8-7ba9-9375-643d2b5bf961",
    "event": "job.failed",
    "subject": "01a2096d-ffd8-7ba9-9375-643d2b5bf962",
    "url": "https://shop.example/told",
    "state": "failed",
    "attempt": 10,
    "due_at": None,
    "created_at": "2026-01-02T03:04:05Z",
}


def _answer(asked: Asked) -> Any:
    path = asked.path.partition("?")[0].removeprefix("/v1/webhooks")
    match asked.method, path:
        case "GET", "":
            return {"items": [WEBHOOK]}
        case "POST", "":
            return Answer(201, {**WEBHOOK, **asked.json(), "secret": "whsec_x"})
        case "GET", "/deliveries":
            return {"items": [DELIVERY], "next_cursor": None}
        case "GET", one if one == f"/deliveries/{DELIVERY['id']}":
            return {**DELIVERY, "attempts": [{"number": 1, "status": 500}]}
        case "POST", one if one.endswith(("/test", "/replay")):
            return Answer(202, DELIVERY)
    return Answer(404, {"code": "webhook_not_found", "detail": "no webhook has this id"})


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted.serving(_answer) as one:
        yield one


@pytest.fixture
def packshot(monkeypatch: pytest.MonkeyPatch, server: Server) -> Any:
    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["packshot", "webhooks", *words, "--url", server.url])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


@pytest.mark.parametrize(
    ("words", "method", "path", "told"),
    [
        (["list"], "GET", "/v1/webhooks", "job.failed\tyes"),
        (["test", "W"], "POST", "/v1/webhooks/W/test", DELIVERY["id"]),
        (["replay", "D"], "POST", "/v1/webhooks/deliveries/D/replay", DELIVERY["id"]),
    ],
)
def test_each_verb_asks_for_its_route_and_shows_the_answer(
    packshot: Any,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    method: str,
    path: str,
    told: str,
) -> None:
    assert packshot(*words) == 0

    assert [(one.method, one.path) for one in server.asked] == [(method, path)]
    assert told in capsys.readouterr().out


def test_a_new_webhook_shows_its_secret_this_once(
    packshot: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["add", "https://shop.example/", "--event", "job.failed", "--event", "job.dead"]
    assert packshot(*words, "--description", "mine") == 0

    assert server.asked[0].json() == {
        "url": "https://shop.example/",
        "events": ["job.failed", "job.dead"],
        "description": "mine",
    }
    shown = capsys.readouterr()
    assert "whsec_x" in shown.out
    assert "nobody can show it again" in shown.err


def test_the_log_is_asked_by_state_webhook_and_subject(
    packshot: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    filters = ["--state", "failed", "--webhook", "W", "--subject", "J"]
    assert packshot("deliveries", *filters, "--limit", "5", "--json") == 0

    query = server.asked[0].path.partition("?")[2].split("&")
    assert sorted(query) == ["limit=5", "state=failed", "subject=J", "webhook_id=W"]
    assert json.loads(capsys.readouterr().out) == [DELIVERY]


def test_one_delivery_is_shown_with_its_attempts(
    packshot: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("deliveries", str(DELIVERY["id"])) == 0

    assert json.loads(capsys.readouterr().out)["attempts"] == [{"number": 1, "status": 500}]


def test_what_is_refused_is_said(packshot: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert packshot("deliveries", "nothing") == 2

    assert "webhook_not_found" in capsys.readouterr().err
