"""What tests of the command line share."""

import sys
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from api import cli
from db import secrets
from tests.browsing import Browser


@pytest.fixture
def packshot(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`packshot` with these words; gives its exit code."""

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["packshot", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def open_browser(serve: Callable[..., TestClient]) -> Callable[..., Browser]:
    """A browser before the page; with a key it has signed in."""
    secrets.ensure_local_key()

    def opened(key: str | None = None, **settings: object) -> Browser:
        client = serve(**settings)
        client.headers.pop("authorization")
        client.base_url = "https://localhost"
        browser = Browser(client)
        if key is not None:
            assert browser.sign_in(key).status_code == 303
        return browser

    return opened


@pytest.fixture
def browser(open_browser: Callable[..., Browser], api_key: str) -> Browser:
    """An operator of the shop, signed in."""
    return open_browser(api_key)
