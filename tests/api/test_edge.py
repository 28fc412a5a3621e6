"""What every answer carries, and who is not answered at all."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.errors import PROBLEMS
from api.main import build_app
from api.openapi import document
from api.settings import ApiSettings
from tests import stored

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", ["/healthz", "/v1/jobs", "/v1/jobs/1", "/nowhere"])
def test_every_answer_has_an_id_and_careful_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["x-request-id"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_callers_own_id_is_kept(client: TestClient) -> None:
    answer = client.get("/v1/jobs/1", headers={"X-Request-Id": "abc-1.2"})

    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "abc-1.2"


@pytest.mark.parametrize("given", ["x" * 65, "<script>", ""])
def test_a_callers_id_that_is_not_plain_is_not_kept(client: TestClient, given: str) -> None:
    answer = client.get("/v1/jobs/1", headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] == answer.json()["request_id"] != given


def test_a_problem_is_told_as_the_standard_has_it(client: TestClient) -> None:
    answer = client.get("/v1/jobs/1")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/v1/problems/job_not_found",
        "title": PROBLEMS["job_not_found"].title,
        "status": 404,
        "detail": "no job has this id",
        "code": "job_not_found",
        "request_id": answer.headers["x-request-id"],
        "errors": [],
    }


def test_what_is_not_done_here_is_told_with_what_is(client: TestClient) -> None:
    answer = client.delete("/v1/jobs")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}


def test_our_own_fault_is_told_without_its_inside(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.routes import jobs

    def broken() -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(jobs, "reading", broken)
    outside = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)

    answer = outside.get("/v1/jobs")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("host", "url", "told"),
    [
        ("127.0.0.1", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),  # noqa: S104
        ("192.168.1.5", "http://shop.example", True),
        ("0.0.0.0", "https://shop.example", False),  # noqa: S104
    ],
)
def test_keys_that_travel_in_the_clear_are_warned_of(
    serve: Callable[..., TestClient],
    capsys: pytest.CaptureFixture[str],
    host: str,
    url: str,
    told: bool,  # noqa: FBT001
) -> None:
    serve(host=host, url=url)

    assert ("keys travel in the clear" in capsys.readouterr().err) is told


def test_a_body_that_does_not_come_is_given_up(
    serve: Callable[..., TestClient], api_key: str
) -> None:
    client = serve(body_grace_s=0.1)

    messages = asyncio.run(_send_half_a_body(client.app, api_key))

    assert messages[0]["status"] == 408
    assert b"body_too_slow" in messages[1]["body"]


def test_a_caller_that_leaves_is_no_fault_of_ours(
    client: TestClient, home: Path, api_key: str
) -> None:
    messages = asyncio.run(_leave_in_the_middle(client.app, api_key))

    assert messages[0]["status"] == 400
    assert stored.counted(home) == stored.NOTHING


def test_the_shop_window_does_not_load_torch(tmp_path: Path) -> None:
    words = "import sys, api.main; sys.exit('torch' in sys.modules or 'models' in sys.modules)"

    ended = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, env={**os.environ, "DB_HOME": str(tmp_path)}
    )

    assert ended.returncode == 0


def test_the_committed_description_is_that_of_the_api() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text()

    assert document(build_app(ApiSettings())) == committed, (
        "run: python -m api.openapi > docs/openapi.json"
    )


def test_whatever_the_description_points_at_is_there() -> None:
    text = document(build_app(ApiSettings()))
    defined = json.loads(text)["components"]["schemas"]

    pointed_at = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert pointed_at - defined.keys() == set()


def test_every_problem_is_in_the_docs() -> None:
    words = (ROOT / "docs" / "api.md").read_text()

    assert [code for code in PROBLEMS if f"`{code}`" not in words] == []


SCOPE: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "path": "/v1/pictures",
    "raw_path": b"/v1/pictures",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"content-type", b"image/png")],
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
}


async def _send_half_a_body(app: Any, api_key: str) -> list[Any]:
    async def stall() -> None:
        await asyncio.sleep(10)

    return await _talk(app, api_key, then=stall)


async def _leave_in_the_middle(app: Any, api_key: str) -> list[Any]:
    async def leave() -> dict[str, str]:
        return {"type": "http.disconnect"}

    return await _talk(app, api_key, then=leave)


async def _talk(app: Any, api_key: str, *, then: Callable[[], Any]) -> list[Any]:
    """The app's messages to a caller that sends a piece of a body, and then something else."""
    first = [{"type": "http.request", "body": b"\x89PNG", "more_body": True}]
    sent: list[Any] = []

    async def receive() -> Any:
        return first.pop() if first else await then()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [*SCOPE["headers"], (b"authorization", f"Bearer {api_key}".encode())]
    await app({**SCOPE, "headers": headers, "state": {}}, receive, send)
    return sent
