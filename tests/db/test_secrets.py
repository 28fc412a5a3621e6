"""Secrets at rest: what opens them, what does not, and where the key comes from."""

from pathlib import Path

import pytest

from db import secrets, settings
from db.secrets import SecretKeyMissing

OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture(autouse=True)
def _no_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DB_SECRET_KEY", raising=False)
    settings.get.cache_clear()


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch):
    def use(text: str) -> None:
        monkeypatch.setenv("DB_SECRET_KEY", text)
        settings.get.cache_clear()

    return use


def test_what_is_sealed_is_revealed_and_is_not_readable_meanwhile(keyed) -> None:
    keyed(OLD)

    sealed = secrets.seal("whsec_x")

    assert "whsec" not in sealed
    assert secrets.reveal(sealed) == "whsec_x"
    assert sealed != secrets.seal("whsec_x")


def test_after_a_change_of_keys_the_old_opens_and_the_new_seals(keyed) -> None:
    keyed(OLD)
    sealed = secrets.seal("before")

    keyed(f"{NEW}, {OLD}")
    resealed = secrets.seal("after")
    assert secrets.reveal(sealed) == "before"

    keyed(NEW)
    assert secrets.reveal(resealed) == "after"
    with pytest.raises(SecretKeyMissing, match="opens this secret"):
        secrets.reveal(sealed)


def test_without_a_key_nothing_is_kept_in_the_clear() -> None:
    assert not secrets.is_ready()
    with pytest.raises(SecretKeyMissing, match="DB_SECRET_KEY"):
        secrets.seal("whsec_x")


def test_a_short_key_is_no_key(keyed) -> None:
    keyed(f"{NEW},short")

    with pytest.raises(SecretKeyMissing, match="32 characters"):
        secrets.seal("whsec_x")


def test_one_machine_makes_its_own_key_once(home: Path) -> None:
    secrets.ensure_local_key()
    sealed = secrets.seal("whsec_x")
    secrets.ensure_local_key()

    assert secrets.reveal(sealed) == "whsec_x"
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.glob("secret.key*")] == ["secret.key"]


def test_a_key_of_the_environment_leaves_no_file(keyed, home: Path) -> None:
    keyed(OLD)

    secrets.ensure_local_key()

    assert not (home / "secret.key").exists()


def test_the_settings_never_print_the_key(keyed) -> None:
    keyed(OLD)

    assert OLD not in repr(settings.get())
