"""What tests of the command line share."""

import sys
from collections.abc import Callable

import pytest

from api import cli


@pytest.fixture
def packshot(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`packshot` with these words; gives its exit code."""

    def run(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["packshot", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    return run
