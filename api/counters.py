"""Counters that every API process shares: in the broker, or in memory where that is in memory.

A broker that is away counts nothing and keeps nobody out: to serve matters more than to count.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from workers import settings as worker_settings

ANSWERS_WITHIN_S: Final = 0.25
"""A broker that is slower than this is away."""
AWAY_FOR_S: Final = 5.0
"""So long it is not asked again."""
_PREFIX: Final = "packshot:budget"
_MEMORY: Final = "memory://"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a budget, and in how many seconds it is whole again."""

    spent: bool
    amount: int
    resets_in_s: int


def address() -> str:
    """The broker of this process's settings, as the counters' library writes it."""
    url = urlsplit(worker_settings.get().broker())
    asked = dict(parse_qsl(url.query))
    match url.scheme:
        case "redis+socket":
            return f"unix://{url.path}?db={asked.get('virtual_host', '0')}"
        case "redis" | "rediss":
            given = {
                name: value.removeprefix("CERT_").lower() if name == "ssl_cert_reqs" else value
                for name, value in asked.items()
                if name.startswith("ssl_")
            }
            return url._replace(query=urlencode(given)).geturl()
        case _:
            return _MEMORY


class Counting:
    """Windows of fixed length, each begun by its first request."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._limiter: FixedWindowRateLimiter | None = None
        self._pool: ConnectionPool | None = None
        self._away_until = 0.0

    async def spend(self, item: RateLimitItem, who: str, cost: int) -> Left | None:
        """Take from a budget, if there is so much in it. None: nobody counts just now."""
        return await self._asked(item, who, cost, take=cost)

    async def look(self, item: RateLimitItem, who: str, cost: int) -> Left | None:
        """Whether there would be so much; takes nothing."""
        return await self._asked(item, who, cost, take=0)

    async def _asked(self, item: RateLimitItem, who: str, cost: int, *, take: int) -> Left | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                limiter = self._counter()
                spent = await limiter.test(item, who, cost=cost)
                if spent and take:
                    spent = await limiter.hit(item, who, cost=take)
                told = await limiter.get_window_stats(item, who)
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_FOR_S
            _log.warning("budgets are not counted: the broker is away", error=str(error))
            return None
        resets_in_s = max(1, min(item.get_expiry(), round(told.reset_time - time.time())))
        return Left(spent, max(0, told.remaining), resets_in_s)

    async def close(self) -> None:
        """Let go of the broker; whoever asks afterwards connects again."""
        if self._pool is not None:
            await self._pool.disconnect()

    def _counter(self) -> FixedWindowRateLimiter:
        if self._limiter is None:  # made where the event loop runs that it works in
            self._limiter = FixedWindowRateLimiter(self._storage())
        return self._limiter

    def _storage(self) -> MemoryStorage | RedisStorage:
        if self._url == _MEMORY:
            return MemoryStorage()
        self._pool = ConnectionPool.from_url(
            self._url,
            socket_connect_timeout=ANSWERS_WITHIN_S,
            retry=Retry(NoBackoff(), 1),  # a restarted broker's old connection
        )
        return RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=_PREFIX,
            connection_pool=self._pool,  # type: ignore[arg-type] # as its pages say
        )
