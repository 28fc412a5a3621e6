"""Kombu's channel to a Redis, for a worker that lives on and for messages that cost less.

Kombu reads a list's items in the middle of the consumer's loop: bytes that are no JSON, or JSON
that is no envelope, would end the process, and the next one, and the next. And it makes a client
of redis-py for each message that it takes, answers or sends, a seventh of what a message costs.
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
    """An item that it cannot read is taken from the list and forgotten; its client is kept."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 — kombu's
        """Of one pool one client, which any thread may use; those that listen have their own."""
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[misc]
        return self._kept

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
