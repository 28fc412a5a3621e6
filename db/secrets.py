"""Secrets of others that we must be able to say again: encrypted by DB_SECRET_KEY.

A webhook's secret signs what we send, so unlike an API key's it cannot be kept as a hash. Each key
in DB_SECRET_KEY is stretched by HKDF-SHA256 to one for Fernet (AES-128-CBC with HMAC-SHA256). The
first encrypts, all decrypt: to change keys put the new one in front of the old.
"""

import base64
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db import settings

SHORTEST_KEY: Final = 32
_PURPOSE: Final = b"packshot webhook secrets, version 1"


class SecretKeyMissing(RuntimeError):
    """There is no key to keep a secret with, or not the one it was kept with."""


def seal(text: str) -> str:
    """A secret as it may lie in a row.

    Raises:
        SecretKeyMissing: DB_SECRET_KEY is unset, and there is no file in its place.
    """
    return _box().encrypt(text.encode()).decode("ascii")


def reveal(sealed: str) -> str:
    """What was sealed.

    Raises:
        SecretKeyMissing: no key at hand opens it.
    """
    try:
        return _box().decrypt(sealed.encode("ascii")).decode()
    except InvalidToken as error:
        raise SecretKeyMissing("no key in DB_SECRET_KEY opens this secret") from error


def is_ready() -> bool:
    """Whether secrets can be kept at all."""
    try:
        _box()
    except SecretKeyMissing:
        return False
    return True


def ensure_local_key() -> None:
    """Make DB_HOME/secret.key, readable by its owner only, unless there is a key already."""
    path = _file()
    if settings.get().secret_key.get_secret_value() or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    try:
        # A link never replaces: of two that begin together one key stays, and nobody reads half.
        path.hardlink_to(whole)
    except FileExistsError:
        return
    finally:
        whole.unlink()


def derived(purpose: bytes) -> tuple[bytes, ...]:
    """A key of 32 bytes for a purpose of its own from each key at hand, the newest first.

    Raises:
        SecretKeyMissing: there is none.
    """
    return _derived(_keys(), purpose)


def _box() -> MultiFernet:
    return _fernets(_keys())


def _keys() -> tuple[str, ...]:
    given = settings.get().secret_key.get_secret_value() or _from_file()
    keys = tuple(key for part in given.split(",") if (key := part.strip()))
    if not keys:
        raise SecretKeyMissing(
            "set DB_SECRET_KEY to 32 random bytes (openssl rand -base64 32), the same for the API "
            "and the workers; on one machine `packshot init` makes one"
        )
    if min(len(key) for key in keys) < SHORTEST_KEY:
        raise SecretKeyMissing(f"a key in DB_SECRET_KEY has fewer than {SHORTEST_KEY} characters")
    return keys


@lru_cache(maxsize=4)
def _fernets(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(_stretched(key, _PURPOSE))) for key in keys]
    )


@lru_cache(maxsize=4)
def _derived(keys: tuple[str, ...], purpose: bytes) -> tuple[bytes, ...]:
    return tuple(_stretched(key, purpose) for key in keys)


def _stretched(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


def _from_file() -> str:
    path = _file()
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _file() -> Path:
    return settings.get().home / "secret.key"
