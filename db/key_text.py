"""How an API key is written: psk_<id>_<secret><checksum>, so that a slip needs no look-up."""

import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

PREFIX: Final = "psk"
ID_CHARACTERS: Final = 12
SECRET_CHARACTERS: Final = 32
_CHECK_CHARACTERS: Final = 6
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase

_WRITTEN: Final = re.compile(rf"({PREFIX}_[0-9A-Za-z]{{{ID_CHARACTERS}}}_)[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True)
class KeyText:
    """The two halves of a key: which row, and the proof."""

    id: str
    secret: str = field(repr=False)

    def written(self) -> str:
        body = f"{PREFIX}_{self.id}_{self.secret}"
        return body + _check(body)

    def secret_sha256(self) -> str:
        """What the table keeps; 190 random bits need no salt and no slow hash."""
        return sha256(self.secret.encode()).hexdigest()


def new() -> KeyText:
    return KeyText(_random(ID_CHARACTERS), _random(SECRET_CHARACTERS))


def read(text: str) -> KeyText | None:
    """The key that a text spells; None if its form or its checksum is wrong."""
    body, check = text[:-_CHECK_CHARACTERS], text[-_CHECK_CHARACTERS:]
    prefix, _, rest = body.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not is_id(key_id) or not _is_base62(secret, SECRET_CHARACTERS):
        return None
    return KeyText(key_id, secret) if check == _check(body) else None


def is_id(text: str) -> bool:
    """Whether a stranger's text can name a key at all."""
    return _is_base62(text, ID_CHARACTERS)


def hidden(text: str) -> str:
    """A text that others will read, with no more of each key in it than which one it is."""
    return _WRITTEN.sub(r"\1…", text)


def _is_base62(text: str, characters: int) -> bool:
    return len(text) == characters and text.isascii() and text.isalnum()


def _random(characters: int) -> str:
    return "".join(secrets.choice(_DIGITS) for _ in range(characters))


def _check(body: str) -> str:
    """CRC-32 in six digits of base 62."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_CHARACTERS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
