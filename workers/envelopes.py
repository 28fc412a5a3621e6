"""What lies in the broker and is no message is dropped, and the worker lives.

Kombu reads a Redis list's items in the middle of the consumer's loop: bytes that are no JSON, or
JSON that is no envelope, would end the process, and the next one, and the next.
"""

from queue import Empty
from typing import Any, Final

import structlog
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis

# What a reader of JSON and dictionaries raises; a broker's own errors are others.
_NO_ENVELOPE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
_log = structlog.get_logger(__name__)


class Channel(kombu_redis.Channel):
    """Kombu's channel; an item that it cannot read is taken from the list and forgotten."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except _NO_ENVELOPE as error:
            _log.warning("what is no message was dropped", error=f"{type(error).__name__}: {error}")
            raise Empty from error


class Transport(kombu_redis.Transport):
    Channel = Channel


def install() -> None:
    """Have kombu use it for every address that names a Redis."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
