"""`Prefer: wait`: one look at the table for all who wait, however many; no thread is held."""

import asyncio
import re
from collections.abc import Collection

from starlette.concurrency import run_in_threadpool

from db import open_ones
from db.engine import reading

LOOK_EVERY_S = 0.1
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)


def preferred_s(prefer: str) -> float | None:
    """How long a Prefer header wants to wait (RFC 7240); None when it does not say."""
    found = _WAIT.search(prefer)
    return float(found[1]) if found else None


class Waiting:
    """Those who wait for a job's end; they look together, and only while there is somebody."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], set[asyncio.Future[bool]]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    async def until_over(self, tenant: str, job_id: str, seconds: float) -> bool:
        """Whether the job ended in time, and before the server stops."""
        if self._closed:
            return False
        over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        key = (tenant, job_id)
        self._waiting.setdefault(key, set()).add(over)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            return await asyncio.wait_for(over, seconds)
        except TimeoutError:
            return False
        finally:
            self._leave(key, over)

    def close(self) -> None:
        """Nobody waits any longer: each is answered now with the job as it is."""
        self._closed = True
        for over in {over for futures in self._waiting.values() for over in futures}:
            _settle(over, ended=False)
        if self._looking is not None:
            self._looking.cancel()

    def _leave(self, key: tuple[str, str], over: asyncio.Future[bool]) -> None:
        others = self._waiting.get(key, set())
        others.discard(over)
        if not others:
            self._waiting.pop(key, None)

    async def _look(self) -> None:
        try:
            while self._waiting:
                for key in await run_in_threadpool(_over, list(self._waiting)):
                    for over in self._waiting.get(key, ()):
                        _settle(over, ended=True)
                await asyncio.sleep(LOOK_EVERY_S)
        except Exception as error:  # noqa: BLE001 — whoever waits is told, or would wait in vain
            for over in {over for futures in self._waiting.values() for over in futures}:
                if not over.done():
                    over.set_exception(error)


def _settle(over: asyncio.Future[bool], *, ended: bool) -> None:
    if not over.done():
        over.set_result(ended)


def _over(keys: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    with reading() as session:
        still_open = open_ones.of(session, keys)
    return [key for key in keys if key not in still_open]
