"""Events: a job, a batch or all jobs of a tenant, told as they change (server-sent events)."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api import erasing, events
from api.auth import Keyring, needs
from api.deps import Caller, Settings, Watching
from api.errors import Problem
from api.events import Heard
from api.listeners import Listener, NothingMore, Seats
from api.schemas.batches import batch_out, batch_tag
from api.watching import Topic
from db import batches, changes, ids, jobs
from db.changes import JobSeen, TenantMark
from db.engine import reading
from db.tables.jobs import TERMINAL

router = APIRouter(prefix="/v1", tags=["events"])
_READ = [needs("jobs:read")]
_OPENED_EVERY_S: Final = 5.0
_SAYS: Final = "Events `state`, `progress` and `end`; a comment every 15 seconds."
_OVER: Final = {"description": "Last-Event-ID is that of the last event: nothing more comes."}


def _responses(*data: str) -> dict[int | str, dict[str, Any]]:
    """What each event's data is one of."""
    one_of = [{"$ref": f"#/components/schemas/{name}"} for name in data]
    schema = one_of[0] if len(one_of) == 1 else {"anyOf": one_of}
    return {200: {"description": _SAYS, "content": {"text/event-stream": {"schema": schema}}}}


LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=64, description="Go on behind this event."),
]


class Door:
    """Lets listeners in: a seat each, and a key that opens as long as they listen."""

    def __init__(
        self,
        request: Request,
        response: Response,
        caller: Caller,
        watch: Watching,
        settings: Settings,
    ) -> None:
        self.tenant, self._watch = caller.tenant, watch
        self._seats: Seats = request.app.state.seats
        self._keyring: Keyring = request.app.state.keyring
        self._key = request.headers.get("authorization", "").partition(" ")[2].strip()
        self._ask_every_s = max(settings.key_remembered_s, _OPENED_EVERY_S)
        response.headers["Cache-Control"] = "no-store"

    def let_in(self, stack: ExitStack, topic: Topic, *, after_epoch: int = 0) -> Listener:
        """Until the stack is left.

        Raises:
            Problem: `too_many_listeners`.
        """
        stack.enter_context(self._seats.taken())
        listening = stack.enter_context(self._watch.listening(topic, after_epoch=after_epoch))
        return Listener(listening, self._still_may, self._ask_every_s)

    async def _still_may(self) -> bool:
        caller = await self._keyring.caller(self._key)
        return caller is not None and caller.may("jobs:read")


LetIn = Annotated[Door, Depends()]
Heards = tuple[Listener, Heard]


async def _to_job(
    job_id: str, door: LetIn, last_event_id: LastEventId = None
) -> AsyncIterator[Heards]:
    heard = events.heard_of_job(last_event_id)
    await run_in_threadpool(_check_job, door.tenant, job_id, heard)
    with ExitStack() as stack:
        topic = Topic("job", door.tenant, job_id)
        yield door.let_in(stack, topic, after_epoch=heard.epoch), heard


async def _to_batch(
    batch_id: str, door: LetIn, last_event_id: LastEventId = None
) -> AsyncIterator[Listener]:
    await run_in_threadpool(_check_batch, door.tenant, batch_id, last_event_id)
    with ExitStack() as stack:
        yield door.let_in(stack, Topic("batch", door.tenant, batch_id))


async def _to_tenant(door: LetIn, last_event_id: LastEventId = None) -> AsyncIterator[Listener]:
    since = events.heard_of_tenant(last_event_id)
    with ExitStack() as stack:
        listener = door.let_in(stack, Topic("tenant", door.tenant))
        if since is not None:
            for seen in await run_in_threadpool(_since, door.tenant, TenantMark(since)):
                listener.listening.tell(seen)
        yield listener


@router.get(
    "/jobs/{job_id}/events",
    response_class=EventSourceResponse,
    responses={**_responses("JobEvent"), 204: _OVER},
    dependencies=_READ,
)
async def of_job(
    let_in: Annotated[Heards, Depends(_to_job)],
) -> AsyncIterator[ServerSentEvent]:
    """A job as it is, then each change until its end; of a training also each epoch."""
    listener, heard = let_in
    async for event in events.of_job(listener, heard):
        yield event


@router.get(
    "/batches/{batch_id}/events",
    response_class=EventSourceResponse,
    responses={**_responses("BatchOut", "BatchProgress"), 204: _OVER},
    dependencies=_READ,
)
async def of_batch(
    listener: Annotated[Listener, Depends(_to_batch)], last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """A batch as it is, then how far it gets, until its end."""
    async for event in events.of_batch(listener, last_event_id):
        yield event


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=_responses("JobEvent"),
    dependencies=_READ,
)
async def of_tenant(
    listener: Annotated[Listener, Depends(_to_tenant)],
) -> AsyncIterator[ServerSentEvent]:
    """The jobs that run, then every job of the tenant as it is made, begins, gets on and ends."""
    async for event in events.of_tenant(listener):
        yield event


def _check_job(tenant: str, job_id: str, heard: Heard) -> None:
    with reading() as session:
        job = jobs.find(session, tenant, job_id) if ids.is_id(job_id) else None
        if job is None:
            raise erasing.missing(session, tenant, job_id, "job_not_found", "no job has this id")
    if job.state in TERMINAL and job.revision <= heard.revision:
        raise NothingMore


def _check_batch(tenant: str, batch_id: str, last_event_id: str | None) -> None:
    with reading() as session:
        batch = batches.find(session, tenant, batch_id) if ids.is_id(batch_id) else None
        if batch is None:
            raise Problem("batch_not_found", "no batch has this id")
        if batch.finished_at is None or last_event_id is None:
            return
        told = batch_out(batch, batches.counts(session, [batch])[batch_id])
    if batch_tag(told) == last_event_id:
        raise NothingMore


def _since(tenant: str, mark: TenantMark) -> list[JobSeen]:
    with reading() as session:
        return list(changes.of_tenant(session, tenant, mark)[1])
