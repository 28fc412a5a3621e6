"""What sales channels want of a picture, over HTTP and on the command line."""

import json
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from db.operations.presets import PRESET_NAMES
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server

Run = Callable[..., int]
MADE_UP = {"name": "bazaar", "version": 3, "confidence": "unverified", "checked_on": "2026-01-02",
           "title": "A bazaar"}  # fmt: skip


def test_every_preset_is_told_with_its_source(client: TestClient) -> None:
    told = client.get("/v1/presets").json()["items"]

    assert [one["name"] for one in told] == list(PRESET_NAMES)
    assert all(one["source"] and one["confidence"] and one["checked_on"] for one in told)


def test_one_preset_is_told_by_its_name(client: TestClient) -> None:
    told = client.get("/v1/presets/amazon_main").json()

    assert told["version"] >= 1
    assert told["background"] == {"white": "required"}
    assert told["fill"]["least"] == 0.85


def test_a_preset_that_is_not_there_is_not_found(client: TestClient) -> None:
    answer = client.get("/v1/presets/bazaar")

    assert (answer.status_code, answer.json()["code"]) == (404, "preset_not_found")


@pytest.fixture
def server() -> Iterator[Server]:
    def answer(asked: Asked) -> Answer:
        match asked.path:
            case "/v1/presets":
                return Answer(body={"items": [MADE_UP]})
            case "/v1/presets/bazaar":
                return Answer(body=MADE_UP)
            case _:
                return Answer(404, {"code": "preset_not_found", "detail": asked.path})

    with scripted.serving(answer) as server:
        yield server


@pytest.mark.parametrize("verb", [[], ["list"]], ids=["bare", "list"])
def test_the_command_lists_them(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    assert packshot("presets", *verb, "--url", server.url) == 0

    assert "bazaar" in capsys.readouterr().out


def test_the_command_shows_one_whole(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("presets", "show", "bazaar", "--url", server.url) == 0

    assert json.loads(capsys.readouterr().out) == MADE_UP
