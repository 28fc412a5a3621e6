"""`packshot assist`: a wish goes to the API, and what came of it is told and written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.client import Client
from api.exits import Exit
from tests.api import scripted
from tests.api.scripted import Answer, Asked

Run = Callable[..., int]
PICTURE = "0190a0b0-0000-7000-8000-000000000001"
RESULT = {"id": "0190a0b0-0000-7000-8000-00000000000a", "op": "background", "ordinal": 0,
          "format": "png", "psnr_db": 41.0, "ssim": 0.99, "product_psnr_db": None}  # fmt: skip
WHITE = {"kind": "colour", "name": "white", "part": "ground", "text": "wite", "hex": "#ffffff",
         "lab": [100, 0, 0], "refused": False, "corrected": True}  # fmt: skip


def told(outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "understood": [WHITE],
        "ignored_terms": ["fancy"],
        "order": {"operation": {"op": "background", "rgb": [255, 255, 255], "picture": PICTURE}},
        "result": None,
        "near": [],
        "job": None,
        **more,
    }


def shop(answer: Any, bodies: list[Any], *, state: str = "succeeded") -> Callable[[Asked], Any]:
    def one(asked: Asked) -> Any:
        if asked.path == "/v1/pictures":
            return Answer(201, {"id": PICTURE})
        if asked.path == "/v1/assist" and asked.method == "GET":
            return {"longest_wish": 500}
        if asked.path == "/v1/assist":
            bodies.append(asked.json())
            return answer
        if asked.path.endswith("/content"):
            return Answer(200, b"bytes")
        error = {"code": "mask_full", "detail": "no ground"} if state != "succeeded" else None
        results = [RESULT] if state == "succeeded" else []
        return {"id": "j1", "op": "background", "state": state, "results": results, "error": error}

    return one


QUEUED = {"id": "j1", "op": "background", "state": "queued", "results": [], "error": None}


@pytest.fixture
def photo(tmp_path: Path) -> str:
    (tmp_path / "shoe.png").write_bytes(b"picture")
    return str(tmp_path / "shoe.png")


def test_a_plan_tells_what_would_be_done(
    packshot: Run, capsys: pytest.CaptureFixture[str], photo: str
) -> None:
    bodies: list[Any] = []
    with scripted.serving(shop(told("planned"), bodies)) as server:
        ended = packshot("assist", photo, "wite background", "--plan", "--url", server.url)

    printed = capsys.readouterr().out
    assert ended == Exit.DONE
    assert bodies == [{"picture": PICTURE, "wish": "wite background", "mode": "plan"}]
    assert "colour\twhite #ffffff\tground\tyes\twite" in printed
    assert "Not understood: fancy" in printed
    assert "Planned: background" in printed


def test_a_job_is_waited_for_and_its_picture_written(
    packshot: Run, capsys: pytest.CaptureFixture[str], photo: str, tmp_path: Path
) -> None:
    bodies: list[Any] = []
    with scripted.serving(shop(told("queued", job=QUEUED), bodies)) as server:
        ended = packshot(
            "assist", photo, "白底", "--anew", "--sku", "S", "--out", str(tmp_path / "made"),
            "--url", server.url,
        )  # fmt: skip

    assert ended == Exit.DONE
    assert bodies[0] == {"picture": PICTURE, "wish": "白底", "mode": "anew", "sku": "S"}
    assert (tmp_path / "made" / "shoe-background.png").read_bytes() == b"bytes"
    assert "shoe-background.png" in capsys.readouterr().out


def test_a_result_that_is_there_is_written_without_a_job(
    packshot: Run, capsys: pytest.CaptureFixture[str], photo: str, tmp_path: Path
) -> None:
    with scripted.serving(shop(told("existing", result=RESULT), [])) as server:
        ended = packshot(
            "assist", photo, "白底", "--out", str(tmp_path / "made"), "--json", "--url", server.url
        )

    assert ended == Exit.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["files"] == {RESULT["id"]: str(tmp_path / "made" / "shoe-background.png")}


def test_a_job_that_failed_ends_so(packshot: Run, photo: str) -> None:
    with scripted.serving(shop(told("queued", job=QUEUED), [], state="failed")) as server:
        assert packshot("assist", photo, "白底", "--wait", "--url", server.url) == Exit.FAILED


def test_a_wish_that_is_not_understood_tells_the_words(
    packshot: Run, capsys: pytest.CaptureFixture[str], photo: str
) -> None:
    errors = [{"pointer": "/wish", "code": "colour", "detail": "red 红色, blue 蓝色"}]
    problem = {"code": "wish_not_understood", "detail": "nothing in it", "errors": errors}
    with scripted.serving(shop(Answer(422, problem), [])) as server:
        ended = packshot("assist", photo, "hello", "--url", server.url)

    assert ended == Exit.REFUSED
    assert "red 红色" in capsys.readouterr().err


def test_two_modes_are_refused(packshot: Run, photo: str) -> None:
    with scripted.serving(shop(told("planned"), [])) as server:
        ended = packshot("assist", photo, "x", "--plan", "--anew", "--url", server.url)

    assert ended == Exit.REFUSED


def test_the_client_sends_a_key_and_reads_the_words() -> None:
    with scripted.serving(shop(told("planned"), [])) as server, Client(server.url) as packshot:
        packshot.assist(PICTURE, "white")
        words = packshot.vocabulary()

    assert server.asked[0].headers["Idempotency-Key"]
    assert words == {"longest_wish": 500}
