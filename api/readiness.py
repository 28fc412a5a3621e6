"""Whether everything that a job needs answers: each is asked by itself, and named."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool

from api import broker
from api.schemas.discovery import Readiness
from db import blobs, fleet, migrate
from db.engine import reading
from workers.queues import QUEUES

_PROBE = "_ready/probe"
REMEMBERED_S: Final = 1.0
_log = structlog.get_logger(__name__)


class Ready:
    """What was found, for a second: strangers may ask, so it costs the same however many do."""

    def __init__(self) -> None:
        self._found: Readiness | None = None
        self._good_until = 0.0
        self._turn = asyncio.Lock()  # who waits for it holds no thread

    async def told(self) -> Readiness:
        async with self._turn:
            if self._found is None or time.monotonic() >= self._good_until:
                self._found = await run_in_threadpool(_look)
                self._good_until = time.monotonic() + REMEMBERED_S
            return self._found


def _look() -> Readiness:
    found = checks()
    counted = workers() if found["database"] == "ok" else {}
    ready = all(told == "ok" for told in found.values())
    return Readiness(ready=ready, checks=found, workers=counted)


def checks() -> dict[str, str]:
    """`ok`, or what is wrong, by name."""
    asked = {"database": migrate.check, "blobs": _write_and_read, "broker": broker.reach}
    with ThreadPoolExecutor(len(asked)) as together:
        return dict(zip(asked, together.map(_ask, asked, asked.values()), strict=True))


def workers() -> dict[str, int]:
    """How many take work from each queue; who drains or is broken takes none."""
    with reading() as session:
        working = [one for one in fleet.present(session) if one.state in {"starting", "ready"}]
    taken = [queue for worker in working for queue in worker.queues]
    return {queue: taken.count(queue) for queue in QUEUES}


def _ask(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 — whatever it is, it is not ready
        # Not to the caller: messages of drivers name hosts and users.
        _log.warning("not ready", part=name, error=str(error))
        return type(error).__name__
    return "ok"


def _write_and_read() -> None:
    store = blobs.store()
    store.write(_PROBE, b"ready")
    if store.read(_PROBE) != b"ready":
        raise OSError("the store gives other bytes than it took")
