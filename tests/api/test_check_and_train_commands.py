"""`packshot check`, `train`, `demo` and `bench`: short ways to what `submit` and `make` do."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.commands import repository
from api.exits import Exit
from db.operations.union import schemas
from tests.api import scripted
from tests.api.scripted import Answer, Asked

Run = Callable[..., int]
RULE = {"rule": "pixels", "status": "pass", "measured": {"long_side": 900}, "wanted": {"min": 500}}


class Shop:
    """Takes orders; its jobs end in `state`, with a verdict of `status`."""

    def __init__(self, *, state: str = "succeeded", status: str = "pass") -> None:
        self.orders: list[Any] = []
        self.state = state
        self.status = status

    def __call__(self, asked: Asked) -> Any:
        path = asked.path.partition("?")[0]
        if path.startswith("/v1/operations/"):
            return {"schema": schemas()[path.rpartition("/")[2]], "queue": "cpu"}
        if path == "/v1/pictures":
            return Answer(201, {"id": "0190a0b0-0000-7000-8000-000000000001"})
        if asked.method == "POST":
            self.orders.append(asked.json()["operation"])
            return Answer(202, {"id": "j1", "op": self.orders[-1]["op"], "state": "queued"})
        if path.endswith("/events"):
            return Answer(503, {"code": "too_many_listeners", "detail": "full"})
        verdict = {
            "preset": "ebay@1",
            "status": self.status,
            "rules": [{**RULE, "status": self.status}],
        }
        error = {"code": "image_truncated", "detail": "it ends early"}
        return {
            "id": "j1",
            "op": self.orders[-1]["op"],
            "state": self.state,
            "results": [{"id": "r1", "ordinal": 0, "scores": {"details": {"check": verdict}}}],
            "error": None if self.state == "succeeded" else error,
        }


@pytest.fixture
def picture(tmp_path: Path) -> str:
    (tmp_path / "shoe.png").write_bytes(b"picture")
    return str(tmp_path / "shoe.png")


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("succeeded", "pass", Exit.DONE),
        ("succeeded", "warn", Exit.DONE),
        ("succeeded", "fail", Exit.CHECK_FAILED),
        ("failed", "pass", Exit.FAILED),
    ],
)
def test_a_check_waits_shows_its_rules_and_ends_as_they_do(
    packshot: Run,
    capsys: pytest.CaptureFixture[str],
    picture: str,
    state: str,
    status: str,
    code: Exit,
) -> None:
    shop = Shop(state=state, status=status)
    with scripted.serving(shop) as server:
        ended = packshot("check", picture, "--preset", "ebay", "--url", server.url)

    told = capsys.readouterr()
    assert ended == code
    assert shop.orders[0]["preset"] == "ebay"
    assert f"ebay@1 as it came: {status}" in told.out
    assert ("it ends early" in told.err) == (state == "failed")


def test_a_training_is_an_order_that_may_be_waited_for(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop()
    words = ["train", "vae", "shoes", "-p", "epochs=2", "--wait", "--json"]
    with scripted.serving(shop) as server:
        code = packshot(*words, "--url", server.url)

    assert code == Exit.DONE
    assert shop.orders == [{"op": "train", "network": "vae", "dataset": "shoes", "epochs": 2}]
    assert json.loads(capsys.readouterr().out)["jobs"][0]["state"] == "succeeded"


def test_ctrl_c_ends_with_130(packshot: Run) -> None:
    shop = Shop(state="running")

    def answer(asked: Asked) -> Any:
        if asked.path == "/v1/jobs/j1":
            os.kill(os.getpid(), signal.SIGINT)  # while it waits
        return shop(asked)

    # Whoever starts the tests in the background lets them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with scripted.serving(answer) as server:
            code = packshot("train", "vae", "shoes", "--wait", "--url", server.url)
    finally:
        signal.signal(signal.SIGINT, before)

    assert code == Exit.INTERRUPTED


@pytest.mark.parametrize(("verb", "folder"), [("demo", "examples"), ("bench", "benchmarks")])
def test_what_comes_with_the_repository_is_said_where_there_is_none(
    packshot: Run,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    folder: str,
) -> None:
    monkeypatch.setattr(repository, "ROOT", tmp_path)

    assert packshot(verb) == Exit.REFUSED

    assert f"{folder}/ comes with Packshot's repository" in capsys.readouterr().err


def test_a_program_of_the_repository_runs_there_and_its_json_is_the_only_output(
    packshot: Run,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = """
import json, pathlib, sys
print("a table for people")
assert sys.argv[1] == "--quick"
pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps({"rows": [1]}))
"""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "throughput.py").write_text(program)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    assert packshot("bench", "--json") == Exit.DONE

    told = capfd.readouterr()
    assert json.loads(told.out) == {"rows": [1]}
    assert "a table for people" in told.err
