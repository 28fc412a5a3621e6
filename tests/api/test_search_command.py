"""`packshot search`: a picture goes in, what is like it comes out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.exits import Exit
from db.operations.union import schemas
from tests.api import scripted
from tests.api.scripted import Answer, Asked

Run = Callable[..., int]
FOUND = [{"id": "0190a0b0-0000-7000-8000-00000000000a", "kind": "picture", "similarity": 0.9871}]


@pytest.fixture
def picture(tmp_path: Path) -> str:
    (tmp_path / "shoe.png").write_bytes(b"picture")
    return str(tmp_path / "shoe.png")


def _shop(orders: list[Any], *, state: str) -> Callable[[Asked], Any]:
    def answer(asked: Asked) -> Any:
        path = asked.path.partition("?")[0]
        if path.startswith("/v1/operations/"):
            return {"schema": schemas()["search"], "queue": "gpu"}
        if path == "/v1/pictures":
            return Answer(201, {"id": "0190a0b0-0000-7000-8000-000000000001"})
        if asked.method == "POST":
            orders.append(asked.json()["operation"])
            return Answer(202, {"id": "j1", "op": "search", "state": "queued"})
        if path.endswith("/events"):
            return Answer(503, {"code": "too_many_listeners", "detail": "full"})
        error = {"code": "image_truncated", "detail": "it ends early"}
        job = {"id": "j1", "op": "search", "state": state, "results": [], "error": None}
        if state == "succeeded":
            return {**job, "report": {"compared": 1, "found": FOUND}}
        return {**job, "error": error, "report": None}

    return answer


@pytest.mark.parametrize("words", [[], ["--version", "classifier-catalogue@1"]])
def test_what_is_alike_is_told_with_how_alike_it_is(
    packshot: Run, capsys: pytest.CaptureFixture[str], picture: str, words: list[str]
) -> None:
    orders: list[Any] = []
    with scripted.serving(_shop(orders, state="succeeded")) as server:
        ended = packshot("search", picture, "-k", "3", *words, "--url", server.url)

    assert ended == Exit.DONE
    assert orders[0]["k"] == 3
    assert ("version" in orders[0]) == bool(words)
    assert f"0.987\tpicture\t{FOUND[0]['id']}" in capsys.readouterr().out


def test_programs_get_the_whole_report(
    packshot: Run, capsys: pytest.CaptureFixture[str], picture: str
) -> None:
    with scripted.serving(_shop([], state="succeeded")) as server:
        packshot("search", picture, "--json", "--url", server.url)

    assert json.loads(capsys.readouterr().out) == {"compared": 1, "found": FOUND}


def test_a_search_that_failed_says_why(
    packshot: Run, capsys: pytest.CaptureFixture[str], picture: str
) -> None:
    with scripted.serving(_shop([], state="failed")) as server:
        ended = packshot("search", picture, "--url", server.url)

    assert ended == Exit.FAILED
    assert "it ends early" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "kind"), [([], "picture"), (["--result"], "result")])
def test_what_was_embedded_is_compared_without_a_job(
    packshot: Run, capsys: pytest.CaptureFixture[str], words: list[str], kind: str
) -> None:
    asked: list[Asked] = []

    def answer(one: Asked) -> Any:
        asked.append(one)
        return {"version": "eye@1", "space": "look-1:x", "compared": 1, "found": FOUND}

    with scripted.serving(answer) as server:
        ended = packshot("alike", FOUND[0]["id"], "-k", "3", *words, "--url", server.url)

    assert ended == Exit.DONE
    assert [one.path for one in asked] == [f"/v1/search?{kind}={FOUND[0]['id']}&k=3"]
    assert f"0.987\tpicture\t{FOUND[0]['id']}" in capsys.readouterr().out


@pytest.mark.parametrize("unseen", [["a", "b"], []])
def test_what_a_version_has_not_seen_is_embedded_as_batches_behind_all_other_work(
    packshot: Run, unseen: list[str]
) -> None:
    sent: list[Any] = []

    def answer(one: Asked) -> Any:
        if one.path.startswith("/v1/search/unseen"):
            left = [] if "after=" in one.path else unseen
            return {"version": "eye@2", "ids": left}
        sent.extend(json.loads(line) for line in one.body.splitlines())
        counts = {"lines": 2, "refused": 0, "queued": 2}
        batch = {"id": "b1", "state": "open", "counts": counts, "created_at": "now"}
        return Answer(202, batch)

    with scripted.serving(answer) as server:
        ended = packshot("index", "--version", "eye@2", "--json", "--url", server.url)

    assert ended == Exit.DONE
    assert sent == [
        {"operation": {"op": "embed", "version": "eye@2", "picture": one}, "priority": 9}
        for one in unseen
    ]
