"""The operator's verbs of the command line, against a server that answers what the API would."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from api import cli
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server

QUEUE = {"name": "gpu", "queued": 7, "due": 5, "running": 2, "oldest_due_s": 12.5}
WORKER = {
    "id": "01a2096d-ffd8-7ba9-9375-643d2b5bf960",
    "host": "web1",
    "pid": 7,
    "device": "cpu",
    "queues": ["gpu"],
    "state": "ready",
    "in_flight": 2,
    "last_seen_at": "2026-01-02T03:04:05Z",
}
ACT = {
    "created_at": "2026-01-02T03:04:05Z",
    "key_id": "Zb81kVw3PqE7",
    "outcome": "done",
    "what": "taken in",
    "verb": None,
    "resource": "/v1/pictures/1",
}


def _answer(asked: Asked) -> Any:
    match asked.method, asked.path:
        case "GET", "/v1/queues":
            return {"items": [{**QUEUE, "paused_at": None}]}
        case "GET", path if path.startswith("/v1/audit?"):
            return {"items": [ACT], "next_cursor": None}
        case "POST", "/v1/queues/gpu/pause":
            return {**QUEUE, "paused_at": "2026-01-02T03:04:05Z"}
        case "POST", "/v1/queues/gpu/resume":
            return {**QUEUE, "paused_at": None}
        case "GET", "/v1/workers":
            return {"items": [WORKER]}
        case "POST", path if path == f"/v1/workers/{WORKER['id']}/drain":
            return Answer(202, {**WORKER, "state": "draining"})
    return Answer(404, {"code": "queue_not_found", "detail": "there are gpu, train, cpu"})


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted.serving(_answer) as one:
        yield one


def _packshot(monkeypatch: pytest.MonkeyPatch, server: Server, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["packshot", *words, "--url", server.url])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "method", "path", "told"),
    [
        (["queues"], "GET", "/v1/queues", "gpu\t7\t5\t2\t12.50"),
        (["pause", "gpu"], "POST", "/v1/queues/gpu/pause", "2026-01-02T03:04:05Z"),
        (["resume", "gpu"], "POST", "/v1/queues/gpu/resume", "gpu\t7"),
        (["audit", "ID"], "GET", "/v1/audit?picture=ID&limit=50", "Zb81kVw3PqE7\tdone\ttaken in"),
        (["workers"], "GET", "/v1/workers", str(WORKER["id"])),
        (["drain", str(WORKER["id"])], "POST", f"/v1/workers/{WORKER['id']}/drain", "draining"),
    ],
)
def test_a_verb_asks_the_api_and_shows_its_answer(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    server: Server,
    words: list[str],
    method: str,
    path: str,
    told: str,
) -> None:
    code = _packshot(monkeypatch, server, *words)

    assert code == 0
    assert [(one.method, one.path) for one in server.asked] == [(method, path)]
    assert told in capsys.readouterr().out


def test_what_the_api_refuses_is_said_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    code = _packshot(monkeypatch, server, "pause", "gpux")

    assert code == 2
    assert "there are gpu, train, cpu" in capsys.readouterr().err
