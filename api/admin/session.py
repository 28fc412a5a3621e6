"""What a signed-in browser carries: a cookie that names a key, signed by DB_SECRET_KEY.

The cookie holds no secret of the key. It opens nothing after eight hours, nor once the key it names
is revoked or expired, nor when the keys in DB_SECRET_KEY are others.
"""

import secrets as chance
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from fastapi import Response
from itsdangerous import BadData, URLSafeTimedSerializer

from db import secrets

COOKIE: Final = "__Host-packshot"
LASTS_S: Final = 8 * 3600
_PURPOSE: Final = b"packshot admin sessions, version 1"


@dataclass(frozen=True, slots=True)
class Session:
    """Which key signed in, and what every form of this session must send back."""

    key_id: str
    csrf: str


def begin(response: Response, key_id: str) -> None:
    """Let this browser in.

    Raises:
        SecretKeyMissing: there is nothing to sign with.
    """
    told = _serializer().dumps([key_id, chance.token_urlsafe(24)])
    text = told if isinstance(told, str) else told.decode("ascii")
    response.set_cookie(
        COOKIE, text, max_age=LASTS_S, path="/", secure=True, httponly=True, samesite="lax"
    )


def end(response: Response) -> None:
    """Have this browser forget it."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def read(cookie: str | None) -> Session | None:
    """What a cookie says, if we signed it less than eight hours ago."""
    if not cookie or not secrets.is_ready():
        return None
    try:
        key_id, csrf = _serializer().loads(cookie, max_age=LASTS_S)
    except BadData:
        return None
    return Session(key_id, csrf)


def _serializer() -> URLSafeTimedSerializer:
    # The library signs with its last key; ours begin with the newest.
    keys = [*reversed(secrets.derived(_PURPOSE))]
    signing = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeTimedSerializer(keys, signer_kwargs=signing)
