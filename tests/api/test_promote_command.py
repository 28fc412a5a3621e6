"""The verbs for what serves and for what people think, against a server that answers as the API."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from db.operations.union import schemas
from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server

ID = "01a2096d-ffd8-7ba9-9375-643d2b5bf960"
PROMOTION = {
    "network": "vae",
    "version_id": ID,
    "previous_id": None,
    "share": 0.25,
    "forced": False,
    "created_at": "2026-01-02T03:04:05Z",
    "undone_at": None,
}
FEEDBACK = {"result_id": ID, "rating": -1, "reason": "too dark", "rater": "c-7"}
RESULT = {"id": ID, "op": "denoise", "visibility": "published"}
Run = Callable[..., int]


def _answer(asked: Asked) -> Any:
    match asked.method, asked.path.partition("?")[0]:
        case "POST", "/v1/versions/shoes@2/promote" | "/v1/versions/rollback":
            return PROMOTION
        case "GET", "/v1/versions/promotions":
            return {"items": [PROMOTION]}
        case "POST", "/v1/feedback":
            return Answer(201, FEEDBACK)
        case "GET", "/v1/feedback":
            return {"items": [FEEDBACK]}
        case "POST", path if path == f"/v1/results/{ID}/review":
            return RESULT
    return Answer(409, {"code": "not_better", "detail": "psnr_db 20.1 against 20.0"})


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted.serving(_answer) as one:
        yield one


@pytest.mark.parametrize(
    ("words", "asked", "told"),
    [
        (
            ["promote", "shoes@2", "--share", "0.25"],
            ("/v1/versions/shoes@2/promote", {"share": 0.25, "force": False}),
            "vae",
        ),
        (
            ["promote", "shoes@2", "--force", "--reason", "spring"],
            ("/v1/versions/shoes@2/promote", {"share": 1.0, "force": True, "reason": "spring"}),
            "vae",
        ),
        (["rollback", "vae"], ("/v1/versions/rollback", {"network": "vae"}), "vae"),
        (["rate", ID, "-1"], ("/v1/feedback", {"result_id": ID, "rating": -1}), "too dark"),
        (
            ["rate", ID, "1", "--reason", "fine", "--rater", "c-7"],
            ("/v1/feedback", {"result_id": ID, "rating": 1, "reason": "fine", "rater": "c-7"}),
            "too dark",
        ),
        (
            ["review", ID, "approve"],
            (f"/v1/results/{ID}/review", {"verdict": "approve"}),
            "published",
        ),
    ],
    ids=["canary", "by force", "rollback", "rejected", "accepted", "review"],
)
def test_a_verb_sends_what_was_meant_and_shows_the_answer(
    packshot: Run,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    asked: tuple[str, dict[str, Any]],
    told: str,
) -> None:
    path, body = asked

    code = packshot(*words, "--url", server.url)

    assert code == 0
    assert server.bodies(path) == [body]
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "path", "told"),
    [
        (["promotions", "vae"], "/v1/versions/promotions?network=vae", "0.25"),
        (["feedback", "--rating", "-1"], "/v1/feedback?rating=-1&limit=20", "c-7"),
    ],
    ids=["promotions", "feedback"],
)
def test_what_was_said_is_listed(
    packshot: Run,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    path: str,
    told: str,
) -> None:
    code = packshot(*words, "--url", server.url)

    assert code == 0
    assert [one.path for one in server.asked] == [path]
    assert told in capsys.readouterr().out


def test_what_is_not_better_is_said_and_ends_with_2(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    code = packshot("promote", "boots@1", "--url", server.url)

    assert code == 2
    assert "not_better: psnr_db 20.1 against 20.0" in capsys.readouterr().err


@pytest.mark.parametrize("rating", ["2", "-2", "good", "--stars"])
def test_what_is_no_rating_is_refused_before_anybody_is_asked(
    packshot: Run, server: Server, rating: str
) -> None:
    assert packshot("rate", ID, rating, "--url", server.url) == 2
    assert server.asked == []


VERSION = {"state": "succeeded", "report": {"version": "vae-shop@3"}}
JOB = {"id": ID, "state": "queued", "op": "train", "links": {}, "results": []}


def _retraining(asked: Asked) -> Any:
    match asked.method, asked.path.partition("?")[0]:
        case "POST", "/v1/datasets/shop/feedback":
            return Answer(201, {"name": "shop", "version": 2, "pictures": 12})
        case "POST", "/v1/datasets/still/feedback":
            return Answer(422, {"code": "nothing_rated", "detail": "no rating adds a picture"})
        case "GET", "/v1/operations/train":
            return {"name": "train", "schema": schemas()["train"]}
        case "POST", "/v1/jobs":
            return Answer(202, JOB)
        case "GET", path if path == f"/v1/jobs/{ID}":
            return {**JOB, **VERSION}
        case "POST", "/v1/versions/vae-shop@3/promote":
            return PROMOTION
    return Answer(404, {"code": "not_found", "detail": asked.path})


@pytest.fixture
def retraining() -> Iterator[Server]:
    with scripted.serving(_retraining) as one:
        yield one


def test_a_network_is_trained_again_on_what_was_rated_and_promoted(
    packshot: Run, retraining: Server
) -> None:
    words = ["retrain", "vae", "shop", "--from-feedback", "--promote", "-p", "epochs=3"]

    assert packshot(*words, "--url", retraining.url) == 0

    operation = {"op": "train", "network": "vae", "dataset": "shop@2", "epochs": 3}
    assert retraining.bodies("/v1/jobs") == [{"operation": operation}]
    (promoted,) = retraining.bodies("/v1/versions/vae-shop@3/promote")
    assert (promoted["force"], promoted["reason"]) == (False, "retrained on shop@2")


def test_where_no_rating_changes_anything_nothing_is_trained(
    packshot: Run, retraining: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    code = packshot("retrain", "vae", "still", "--from-feedback", "--url", retraining.url)

    assert code == 2
    assert "nothing was trained" in capsys.readouterr().err
    assert retraining.bodies("/v1/jobs") == []
