"""The overview as it changes: written anew when something happened, and else every few seconds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi.sse import ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.admin import pages
from api.admin.overview import Busy, look
from api.listeners import Listener

AT_LEAST_EVERY_S: Final = 2.0
AT_MOST_EVERY_S: Final = 1.0


async def told(listener: Listener, tenant: str) -> AsyncIterator[ServerSentEvent]:
    """Until the server stops, the session ends, or the database does not answer."""
    busy = Busy()
    try:
        while await listener.listening.news(AT_LEAST_EVERY_S) is not None:
            if not await listener.still_may():
                return
            yield ServerSentEvent(raw_data=await run_in_threadpool(_written, tenant, busy))
            await asyncio.sleep(AT_MOST_EVERY_S)
    except SQLAlchemyError:
        return  # the browser comes again, and is told then what is wrong


def _written(tenant: str, busy: Busy) -> str:
    return pages.write("overview_live.html", seen=look(tenant, busy))
