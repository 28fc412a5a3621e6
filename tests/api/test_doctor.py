"""The doctor asks a broker that is not ours, too."""

from pathlib import Path

import pytest

from api import doctor
from workers import settings


@pytest.mark.parametrize(
    ("url", "state", "found"),
    [
        ("memory://", "ok", "memory:// answers"),
        ("redis://:secret@127.0.0.1:1/0", "failed", "127.0.0.1:1/0 does not answer"),
    ],
)
def test_a_broker_elsewhere_is_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str, state: str, found: str
) -> None:
    monkeypatch.setenv("WORKER_BROKER_URL", url)
    settings.get.cache_clear()

    check = next(one for one in doctor.examine() if one.name == "broker")

    assert check.state == state
    assert found in check.found
    assert "secret" not in check.found
