"""Changes as server-sent events: `state`, `progress`, and `end`, behind which nothing comes.

The id of a job's event is its revision, and of a training's also the last epoch that was told
(`12.3`): who comes again with it as Last-Event-ID hears on from there.
"""

import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from fastapi.sse import ServerSentEvent

from api.errors import Problem
from api.listeners import Listener
from api.schemas.batches import batch_out, batch_tag
from api.schemas.events import batch_progress, job_event
from api.watching import MOST_BEHIND
from db.changes import BatchSeen, Gone, JobSeen
from db.tables.jobs import TERMINAL

COME_AGAIN_MS: Final = 1_000
ERASED: Final = "erased"
_OF_A_JOB = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last that a listener has heard of a job."""

    revision: int = 0
    epoch: int = 0

    @property
    def id(self) -> str:
        return f"{self.revision}.{self.epoch}" if self.epoch else str(self.revision)


def heard_of_job(last_event_id: str | None) -> Heard:
    """What a Last-Event-ID of a job's stream stands for.

    Raises:
        Problem: `invalid_cursor`.
    """
    if last_event_id is None:
        return Heard()
    found = _OF_A_JOB.fullmatch(last_event_id)
    if found is None:
        raise _forged()
    return Heard(int(found[1]), int(found[2] or 0))


def heard_of_tenant(last_event_id: str | None) -> datetime | None:
    """The moment that a Last-Event-ID of a tenant's stream stands for.

    Raises:
        Problem: `invalid_cursor`.
    """
    if last_event_id is None:
        return None
    try:
        moment = datetime.fromisoformat(last_event_id)
    except ValueError as error:
        raise _forged() from error
    if moment.tzinfo is None:
        raise _forged()
    return moment.astimezone(UTC)


async def of_job(listener: Listener, after: Heard) -> AsyncIterator[ServerSentEvent]:
    """A job's changes until its end."""
    yield ServerSentEvent(retry=COME_AGAIN_MS)
    before: JobSeen | None = None
    heard = after
    async for seen in listener.news():
        if isinstance(seen, Gone):
            yield ServerSentEvent(event="end", data={"job_id": seen.id, "state": ERASED})
            return
        if not isinstance(seen, JobSeen):
            continue
        for event, last in _of_one_look(before, seen, heard):
            yield event
            heard = last
        if seen.state in TERMINAL:
            return
        before = seen


def _of_one_look(
    before: JobSeen | None, seen: JobSeen, heard: Heard
) -> Iterator[tuple[ServerSentEvent, Heard]]:
    """What one look tells its listener, and what they have heard behind each event."""
    epochs = [row for row in seen.epochs if row.number > heard.epoch]
    if seen.revision <= heard.revision and not epochs:
        return
    kind = _kind(before, seen)
    for row in epochs:
        # The revision only with the last of them, and not before its own event, if it has one.
        told = row is epochs[-1] and kind is None
        heard = Heard(seen.revision if told else heard.revision, row.number)
        yield _event("progress", job_event(seen, epoch=row), heard.id), heard
    if kind is not None:
        heard = Heard(seen.revision, heard.epoch)
        yield _event(kind, job_event(seen), heard.id), heard


def _kind(before: JobSeen | None, seen: JobSeen) -> str | None:
    """Which event tells of a revision; none when only an epoch has come."""
    if seen.state in TERMINAL:
        return "end"
    names = ("state", "attempt", "cancel_requested_at")
    if before is None or any(before.row[name] != seen.row[name] for name in names):
        return "state"
    if seen.epochs and before.row["progress"] == seen.row["progress"]:
        return None
    return "progress"


async def of_batch(listener: Listener, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
    """A batch's changes until its end; the id is its ETag, and each event tells it whole."""
    yield ServerSentEvent(retry=COME_AGAIN_MS)
    state: str | None = None
    async for seen in listener.news():
        if isinstance(seen, Gone):
            yield ServerSentEvent(event="end", data={"batch_id": seen.id, "state": ERASED})
            return
        if not isinstance(seen, BatchSeen):
            continue
        told = batch_out(seen.batch, seen.counts)
        tag, is_over = batch_tag(told), told.finished_at is not None
        if tag != last_event_id:
            if is_over or state != told.state:
                yield _event("end" if is_over else "state", told, tag)
            else:
                yield _event("progress", batch_progress(seen, told.counts), tag)
        state, last_event_id = told.state, tag
        if is_over:
            return


async def of_tenant(listener: Listener) -> AsyncIterator[ServerSentEvent]:
    """Changes of all jobs of a tenant, without end.

    The id is when it was seen: who comes again hears all that came since, and of the last ten
    seconds before it once more what they may have heard (`changes.SETTLES_WITHIN`).
    """
    yield ServerSentEvent(retry=COME_AGAIN_MS)
    heard: OrderedDict[str, tuple[int, str]] = OrderedDict()
    async for seen in listener.news():
        if not isinstance(seen, JobSeen):
            continue
        revision, state = heard.get(seen.id, (0, ""))
        if seen.revision <= revision:
            continue
        heard[seen.id] = seen.revision, seen.state
        heard.move_to_end(seen.id)
        if len(heard) > 2 * MOST_BEHIND:
            heard.popitem(last=False)
        kind = "end" if seen.state in TERMINAL else "state" if seen.state != state else "progress"
        yield _event(kind, job_event(seen), seen.at.isoformat())


def _event(kind: str, data: object, named: str) -> ServerSentEvent:
    return ServerSentEvent(event=kind, data=data, id=named)


def _forged() -> Problem:
    return Problem("invalid_cursor", "send Last-Event-ID as an event's id came, or none")
