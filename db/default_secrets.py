"""Secrets that are none: what pages and examples write where one of your own belongs."""

from typing import Final
from urllib.parse import unquote, urlsplit

from db import settings

# Whoever guesses tries these first.
_NO_SECRETS: Final = frozenset(
    {"admin", "changeme", "default", "example", "guest", "packshot", "password", "postgres"}
    | {"redis", "root", "secret", "test", "topsecret", "valkey"}
)


class DefaultSecret(RuntimeError):
    """Nothing starts with a secret that everybody knows; the message names its setting."""


def check() -> None:
    """Look at what DB_* holds.

    Raises:
        DefaultSecret: of DB_URL or DB_SECRET_KEY.
    """
    given = settings.get()
    refuse("DB_URL", password_of(given.url))
    for key in given.secret_key.get_secret_value().split(","):
        refuse("DB_SECRET_KEY", key.strip())


def refuse(name: str, secret: str) -> None:
    """Raise if everybody knows the secret of this setting.

    Raises:
        DefaultSecret: without telling it.
    """
    if is_default(secret):
        raise DefaultSecret(f"{name}: this secret stands in every example; set one of your own")


def is_default(secret: str) -> bool:
    """Whether everybody knows this secret; having none at all is another matter."""
    plain = "".join(character for character in secret.lower() if character.isalpha())
    return bool(secret) and (plain in _NO_SECRETS or len(set(secret)) == 1)


def password_of(url: str) -> str:
    """The password in a URL; empty where there is none."""
    return unquote(urlsplit(url).password or "")
