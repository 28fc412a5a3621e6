"""The operator's key in its file: made once, kept from others, sent to nobody else."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from api import key_file, settings
from db import clock, keys
from db.engine import reading, transaction
from db.tables.tenants import ApiKey


def held(tenant: str = "shop") -> keys.ApiKey | None:
    with reading() as session:
        return keys.verify(session, key_file.read() or "")


@pytest.fixture
def as_configured(monkeypatch: pytest.MonkeyPatch, home: Path) -> pytest.MonkeyPatch:
    """The environment decides, now."""
    monkeypatch.delenv("API_KEY", raising=False)
    monkeypatch.setattr(settings, "get", settings.get.__wrapped__)
    return monkeypatch


def test_the_first_key_opens_everything_and_is_its_owners_alone(home: Path) -> None:
    assert key_file.ensure("shop")

    key = held()
    assert key is not None
    assert (key.tenant, tuple(key.scopes)) == ("shop", keys.SCOPES)
    assert (home / "api.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_good_is_left_alone(home: Path) -> None:
    key_file.ensure("shop")
    before = (home / "api.key").read_bytes()

    assert not key_file.ensure("shop")

    assert (home / "api.key").read_bytes() == before
    with reading() as session:
        assert len(session.scalars(select(ApiKey)).all()) == 1


@pytest.mark.parametrize("text", ["", "psk_nonsense", "\xff\xfe", "x" * 100_000])
def test_a_file_that_holds_no_key_gets_one(home: Path, text: str) -> None:
    (home / "api.key").write_bytes(text.encode("latin-1"))
    (home / "api.key").chmod(0o644)

    assert key_file.ensure("shop")

    assert held() is not None
    assert (home / "api.key").stat().st_mode & 0o777 == 0o600


def test_whoever_has_the_machine_gets_in_again_when_every_key_is_lost(home: Path) -> None:
    key_file.ensure("shop")
    with transaction() as session:
        session.execute(update(ApiKey).values(revoked_at=clock.now()))

    assert key_file.ensure("shop")

    assert held() is not None
    assert not (home / "api.new").exists()


def test_another_first_tenant_gets_a_key_of_its_own(home: Path) -> None:
    key_file.ensure("shop")

    assert key_file.ensure("atelier")

    key = held()
    assert key is not None
    assert key.tenant == "atelier"


@pytest.mark.parametrize(
    ("host", "url", "sent"),
    [
        ("127.0.0.1", "http://127.0.0.1:8700", True),
        ("127.0.0.1", "http://localhost", True),
        ("127.0.0.1", "http://[::1]:8700", True),
        ("0.0.0.0", "http://0.0.0.0:8700", True),  # noqa: S104
        ("192.168.1.5", "http://192.168.1.5:8700", True),
        ("127.0.0.1", "https://shop.example", False),
        ("127.0.0.1", "https://shop.example:8700/", False),
        ("127.0.0.1", "http://localhost@shop.example", False),
        ("127.0.0.1", "http://127.0.0.1:80@shop.example", False),
        ("127.0.0.1", "http://localhost.shop.example", False),
    ],
)
def test_the_files_key_is_sent_to_this_machine_only(
    as_configured: pytest.MonkeyPatch, host: str, url: str, *, sent: bool
) -> None:
    as_configured.setenv("API_HOST", host)
    key_file.ensure("shop")

    assert (key_file.key_for(url) == key_file.read()) is sent
    assert sent or key_file.key_for(url) is None


def test_a_key_that_is_set_goes_wherever_one_asks(as_configured: pytest.MonkeyPatch) -> None:
    key_file.ensure("shop")
    as_configured.setenv("API_KEY", "psk_mine")

    assert key_file.key_for("http://127.0.0.1:8700") == "psk_mine"
    assert key_file.key_for("https://shop.example") == "psk_mine"
    assert "psk_mine" not in repr(settings.get())
