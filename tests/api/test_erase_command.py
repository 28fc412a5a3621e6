"""`packshot erase` and the client's `erase`, against a server that answers what the API would."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from api import cli
from api.client import ApiError, Client
from tests.api import scripted
from tests.api.scripted import Answer, Asked
from tests.factories import NOWHERE

Run = Callable[..., int]


@pytest.fixture
def packshot(monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["packshot", "erase", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


def _problem(status: int, code: str) -> Callable[[Asked], Any]:
    return lambda _: Answer(status, {"code": code, "detail": "no"})


@pytest.mark.parametrize("kind", ["picture", "job", "result"])
def test_each_is_asked_for_by_name(packshot: Run, kind: str) -> None:
    with scripted.serving(lambda _: Answer(204)) as server:
        code = packshot(kind, "one", "two", "--yes", "--url", server.url)

    assert code == 0
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("DELETE", f"/v1/{kind}s/one"),
        ("DELETE", f"/v1/{kind}s/two"),
    ]


@pytest.mark.parametrize("said", ["n\n", "\n", ""])
def test_nothing_is_erased_before_somebody_has_said_yes(
    packshot: Run, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    with scripted.serving(lambda _: Answer(204)) as server:
        code = packshot("picture", NOWHERE, "--url", server.url)

    assert code != 0
    assert server.asked == []


def test_datasets_are_touched_only_if_that_is_said(packshot: Run) -> None:
    with scripted.serving(lambda _: Answer(204)) as server:
        packshot("picture", NOWHERE, "--yes", "--from-datasets", "--url", server.url)

    assert server.asked[0].path == f"/v1/pictures/{NOWHERE}?from_datasets=true"


def test_a_refusal_is_told_with_exit_code_2(packshot: Run, capsys: pytest.CaptureFixture[str]):
    with scripted.serving(_problem(409, "picture_in_dataset")) as server:
        code = packshot("picture", NOWHERE, "--yes", "--url", server.url)

    assert code == 2
    assert "picture_in_dataset" in capsys.readouterr().err


def test_erasing_twice_is_erasing_once() -> None:
    with scripted.serving(_problem(410, "erased")) as server, Client(server.url) as client:
        client.erase("picture", NOWHERE)

    with (
        scripted.serving(_problem(410, "content_gone")) as server,
        Client(server.url) as client,
        pytest.raises(ApiError),
    ):
        client.erase("picture", NOWHERE)


def test_versions_that_learnt_from_it_are_named(
    packshot: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    taught = {"trained_versions": ["shoes@2"]}
    with scripted.serving(lambda _: Answer(200, taught)) as server:
        code = packshot("picture", NOWHERE, "--yes", "--json", "--url", server.url)

    told = capsys.readouterr()
    assert code == 0
    assert json.loads(told.out)["trained_versions"] == ["shoes@2"]
    assert "shoes@2 learnt from it before" in told.err


def test_of_a_shopper_all_that_they_like_is_erased_and_no_path_names_them(packshot: Run) -> None:
    with scripted.serving(lambda _: Answer(204)) as server:
        code = packshot("shopper", "c-1042", "--yes", "--url", server.url)

    assert code == 0
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("DELETE", "/v1/tastes?shopper=c-1042")
    ]
