"""What must never stand in a log line, and what stands there instead."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

HIDDEN: Final = "***"
_NAMES: Final = frozenset(
    {"authorization", "cookie", "set-cookie", "password", "secret", "api_key"}
)
# Most texts hold none of these, and need not be searched.
_MARKS: Final = ("psk_", "whsec_", "authorization", "bearer", "://", "=")
# Each keeps what tells which kind of secret it was.
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (r"\b(psk|whsec)_[\w+/=-]+", rf"\1_{HIDDEN}"),
        (r"(\bauthorization[\"'\\]*\s*[:=]\s*[\"'\\]*)(?:\w+\s+)?[^\s\"'\\,;]+", rf"\1{HIDDEN}"),
        (r"\b(bearer)\s+[\w.~+/=-]{8,}", rf"\1 {HIDDEN}"),
        # Of an address: user and host stay, for whoever looks for the wrong one.
        (r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@\"']*):[^\s/\"']+@", rf"\1:{HIDDEN}@"),
        (
            r"((?:password|secret|secret_key|access_key|api_key|signature)=)[^\s\"'\\,;&]+",
            rf"\1{HIDDEN}",
        ),
    )
)


def hide(text: str) -> str:
    """A text without API keys, webhooks' secrets, Authorization headers, passwords, signatures."""
    low = text.lower()
    if not any(mark in low for mark in _MARKS):
        return text
    for pattern, put in _PATTERNS:
        text = pattern.sub(put, text)
    return text


def hide_all(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The same of a whole line's fields, as a structlog processor; texts of what is no text, too.

    It comes after tracebacks were written out, and before the line is.
    """
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: str, value: Any) -> Any:
    if name.lower() in _NAMES and value is not None:
        return HIDDEN
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return hide(value)
        case Mapping():
            return {str(key): _hidden(str(key), one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden("", one) for one in value]
        case _:
            return hide(str(value))
