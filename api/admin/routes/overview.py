"""The first page: how the house is, live."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.admin import live, pages, session
from api.admin.door import SignedIn
from api.admin.overview import Busy, look
from api.auth import Keyring
from api.deps import Watching
from api.listeners import Listener, Seats
from api.watching import Topic
from db import keys

router = APIRouter(prefix="/admin")
_ASKED_EVERY_S = 5.0


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """What waits, runs, ended and failed."""
    return pages.show(request, "overview.html", seen=look(admin.tenant, Busy()))


async def _let_in(request: Request, admin: SignedIn, watch: Watching) -> AsyncIterator[Listener]:
    seats: Seats = request.app.state.seats
    keyring: Keyring = request.app.state.keyring
    cookie = request.cookies.get(session.COOKIE)

    async def still_may() -> bool:
        caller = await keyring.holder(admin.caller.key_id) if session.read(cookie) else None
        return caller is not None and caller.may(keys.ADMIN)

    with ExitStack() as stack:
        stack.enter_context(seats.taken())
        listening = stack.enter_context(watch.listening(Topic("tenant", admin.tenant)))
        yield Listener(listening, still_may, _ASKED_EVERY_S)


@router.get("/live", response_class=EventSourceResponse)
async def told(
    admin: SignedIn, listener: Annotated[Listener, Depends(_let_in)]
) -> AsyncIterator[ServerSentEvent]:
    """The moving part of the first page, each time as a whole."""
    async for event in live.told(listener, admin.tenant):
        yield event
