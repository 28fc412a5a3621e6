"""`packshot versions`: against a server that answers as the API, and its child on this machine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api import scripted
from tests.api.scripted import Answer, Asked, Server

VERSION = {
    "label": "shoes@2",
    "network": "denoiser",
    "state": "candidate",
    "created_at": "2026-01-02T03:04:05Z",
    "id": "01a2096d-ffd8-7ba9-9375-643d2b5bf960",
}
Run = Callable[..., int]


def _answer(asked: Asked) -> Any:
    match asked.path:
        case "/v1/versions":
            return {"items": [VERSION]}
        case "/v1/versions/shoes@2" | "/v1/versions/shoes%402":
            return {**VERSION, "card": {"licence": "MIT"}}
    return Answer(404, {"code": "version_not_found", "detail": asked.path})


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted.serving(_answer) as one:
        yield one


def test_all_of_them_are_listed(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("versions", "--url", server.url) == 0

    assert "shoes@2\tdenoiser\tcandidate" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["shoes@2", "--url", "URL"],
        ["--url", "URL", "shoes@2"],
        ["show", "shoes@2", "--url", "URL", "--json"],
    ],
    ids=["named", "address-first", "shown"],
)
def test_one_is_shown_whole(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert packshot("versions", *(server.url if one == "URL" else one for one in words)) == 0

    assert '"licence": "MIT"' in capsys.readouterr().out


def test_one_that_is_not_there_is_refused(
    packshot: Run, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packshot("versions", "nobody@1", "--url", server.url) == 2

    assert "version_not_found" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_added_is_looked_at_by_a_program_of_its_own(
    packshot: Run, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = ["--network", "denoiser", "--name", "theirs", "--licence", "MIT", "--data", "unknown"]

    code = packshot("versions", "add", str(home / "-nowhere.safetensors"), *told)

    assert code == 2
    assert capfd.readouterr().err.startswith("file_missing: ")


def test_a_licence_must_be_said(packshot: Run, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--network", "denoiser", "--name", "theirs", "--data", "unknown"]

    assert packshot("versions", "add", "theirs.safetensors", *told) == 2

    assert "--licence" in capsys.readouterr().err
