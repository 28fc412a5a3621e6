"""The doctor asks a broker that is not ours, too, and shows no secret."""

from pathlib import Path

import pytest

from api import doctor, key_file
from api import settings as api_settings
from workers import settings


def test_the_key_that_the_command_line_has_is_named_and_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("API_KEY", raising=False)
    monkeypatch.setattr(api_settings, "get", api_settings.get.__wrapped__)

    before = _check("API key")
    key_file.ensure("shop")
    after = _check("API key")

    assert (before.state, after.state) == ("warning", "ok")
    assert "packshot init" in before.mend
    assert str(home / "api.key") in after.found
    assert (key_file.read() or "psk") not in str(after)


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

    check = _check("broker")

    assert check.state == state
    assert found in check.found
    assert "secret" not in check.found


def _check(name: str) -> doctor.Check:
    return next(one for one in doctor.examine() if one.name == name)
