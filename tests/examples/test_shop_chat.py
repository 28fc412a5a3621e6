"""The shop's chat among the examples: wishes become answers, and no page holds a key."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.client import Client
from examples.shop_chat.chat import build_chat
from tests.api import scripted
from tests.api.scripted import Answer, Asked

ID = "0190a0b0-0000-7000-8000-00000000000a"
HEARD = {"name": "red", "part": "product", "refused": False}
SHADOW = {"name": "drop_shadow", "part": "picture", "refused": True}


class Packshot:
    """Answers what the chat asks."""

    def __init__(self) -> None:
        self.assisted: Any = {}

    def __call__(self, asked: Asked) -> Any:
        match asked.method, asked.path:
            case "POST", "/v1/pictures":
                return Answer(201, {"id": ID})
            case "POST", "/v1/assist":
                return self.assisted
            case "GET", path if path == f"/v1/jobs/{ID}":
                results = [
                    {"id": "held", "visibility": "held"},
                    {"id": ID, "visibility": "published"},
                ]
                return {"state": "succeeded", "results": results, "error": None}
            case "GET", path if path == f"/v1/results/{ID}":
                return {"id": ID, "format": "png"}
            case "GET", path if path == f"/v1/results/{ID}/content":
                return Answer(200, b"red")
        return Answer(404, {"code": "job_not_found", "detail": "no job has this id"})


@pytest.fixture
def packshot() -> Packshot:
    return Packshot()


@pytest.fixture
def chat(packshot: Packshot) -> Iterator[TestClient]:
    with scripted.serving(packshot) as server, Client(server.url, "psk_x", pauses_s=()) as client:
        yield TestClient(build_chat(client), raise_server_exceptions=False)


def _said(chat: TestClient) -> Any:
    return chat.post("/wishes", json={"picture": ID, "wish": "in red"}).json()


def test_the_page_runs_only_its_own_script_and_knows_no_key(chat: TestClient) -> None:
    pages = [chat.get(path) for path in ("/", "/chat.js", "/chat.css")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "script-src 'self'" in pages[0].headers["content-security-policy"]
    assert not any("psk_" in page.text for page in pages)
    assert "innerHTML" not in pages[1].text
    assert chat.get("/settings.py").status_code == 404
    assert chat.get("/..%2fchat.py").status_code == 404


def test_what_was_understood_is_said_with_the_job(chat: TestClient, packshot: Packshot) -> None:
    packshot.assisted = Answer(
        202, {"understood": [HEARD, SHADOW], "ignored_terms": ["fancy"], "result": None,
              "job": {"id": ID}},
    )  # fmt: skip

    told = _said(chat)

    assert told["text"] == "Understood: product in red, no drop shadow. I do not know: fancy."
    assert (told["job"], told["result"]) == (ID, None)


def test_a_picture_that_is_there_is_given_without_a_job(
    chat: TestClient, packshot: Packshot
) -> None:
    packshot.assisted = {"understood": [HEARD], "ignored_terms": [], "result": {"id": ID},
                         "job": None}  # fmt: skip

    assert (_said(chat)["result"], _said(chat)["job"]) == (ID, None)


@pytest.mark.parametrize(
    ("code", "begins", "words"),
    [
        ("wish_not_understood", "I did not understand", [{"kind": "colour", "said": "red, blue"}]),
        ("wish_ambiguous", "Which one?", []),
        ("wish_impossible", "That cannot be made", []),
    ],
)
def test_a_wish_that_is_unclear_is_a_sentence(
    chat: TestClient, packshot: Packshot, code: str, begins: str, words: Any
) -> None:
    errors = [{"pointer": "/wish", "code": "colour", "detail": "red, blue"}]
    packshot.assisted = Answer(422, {"code": code, "detail": "so", "errors": errors})

    told = _said(chat)

    assert told["text"].startswith(begins)
    assert told["words"] == words


def test_what_else_is_refused_is_refused_by_the_chat(chat: TestClient, packshot: Packshot) -> None:
    packshot.assisted = Answer(404, {"code": "picture_not_found", "detail": "no such picture"})

    refused = chat.post("/wishes", json={"picture": ID, "wish": "in red"})

    assert (refused.status_code, refused.text) == (404, "no such picture")


def test_only_what_is_published_is_shown(chat: TestClient) -> None:
    assert chat.get(f"/jobs/{ID}/state").json() == {"state": "succeeded", "result": ID, "why": None}
    shown = chat.get(f"/results/{ID}/picture")
    assert (shown.content, shown.headers["content-type"]) == (b"red", "image/png")
    assert chat.get("/jobs/..%2fkeys/state").status_code in (404, 422)


def test_a_picture_is_sent_on(chat: TestClient) -> None:
    sent = chat.post("/pictures", files={"picture": ("shoe.png", b"bytes", "image/png")})

    assert (sent.status_code, sent.json()) == (201, {"picture": ID})
