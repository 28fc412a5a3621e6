"""Links that open one file for a while without a key: signed by DB_SECRET_KEY, and verified."""

import hmac
from dataclasses import dataclass
from typing import Final, Literal

from db import secrets

Kind = Literal["pictures", "results"]
_PURPOSE: Final = b"packshot links, version 1"


@dataclass(frozen=True, slots=True)
class Link:
    """One file of a tenant, until when (seconds since 1970), and whether a browser shows it."""

    tenant: str
    kind: str
    id: str
    expires: int
    shown: bool

    def text(self) -> bytes:
        parts = (self.tenant, self.kind, self.id, str(self.expires), str(int(self.shown)))
        return "\n".join(parts).encode(errors="replace")


def sign(link: Link) -> str:
    """The HMAC-SHA256 in hex, by the first key.

    Raises:
        secrets.SecretKeyMissing: there is no key.
    """
    return _digest(secrets.derived(_PURPOSE)[0], link)


def is_signed(link: Link, signature: str) -> bool:
    """Whether one of our keys made it; a wrong one takes as long wherever it is wrong."""
    given = signature.encode(errors="replace")
    if not secrets.is_ready():
        return False  # nothing was ever signed here
    made = [_digest(key, link).encode() for key in secrets.derived(_PURPOSE)]
    return any([hmac.compare_digest(one, given) for one in made])  # noqa: C419 — each is compared


def _digest(key: bytes, link: Link) -> str:
    return hmac.digest(key, link.text(), "sha256").hex()
