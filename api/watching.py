"""The one look at the table for all who wait or listen, four times a second; no thread is held."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from starlette.concurrency import run_in_threadpool

from db import changes
from db.changes import BatchSeen, Gone, JobMark, JobSeen, TenantMark
from db.engine import reading

LOOK_EVERY_S: Final = 0.25
MOST_BEHIND: Final = 10_000
"""A listener that takes its news so slowly is let go; it may come back."""

Seen = JobSeen | BatchSeen | Gone
Mark = JobMark | TenantMark | None
"""What is known of a topic; of a batch each look tells all."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What one listens to: a job, a batch, or all jobs of a tenant (their id is empty)."""

    kind: Literal["job", "batch", "tenant"]
    tenant: str
    id: str = ""


class Listening:
    """One who listens: what is new since they last asked, each row once, as it is by then."""

    def __init__(self) -> None:
        self._news: dict[str, Seen] = {}
        self._there = asyncio.Event()
        self._error: Exception | None = None
        self._over = False

    def tell(self, seen: Seen) -> None:
        before = self._news.pop(seen.id, None)
        self._news[seen.id] = _with_epochs(before, seen)
        if len(self._news) > MOST_BEHIND:
            self.end()
        self._there.set()

    def end(self, error: Exception | None = None) -> None:
        self._over, self._error = True, error
        self._there.set()

    async def news(self, within_s: float) -> list[Seen] | None:
        """What is new, as soon as something is; none after this time, None when it is over.

        Raises:
            Exception: what kept the look from being made.
        """
        try:
            await asyncio.wait_for(self._there.wait(), within_s)
        except TimeoutError:
            return []
        if self._error is not None:
            raise self._error
        if self._over:
            return None
        self._there.clear()
        told, self._news = list(self._news.values()), {}
        return told


@dataclass(slots=True)
class _Followed:
    mark: Mark
    listeners: set[Listening] = field(default_factory=set)


class Watch:
    """Tells of changes to whoever listens; it looks only while there is somebody."""

    def __init__(self) -> None:
        self._followed: dict[Topic, _Followed] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @contextmanager
    def listening(self, topic: Topic, *, after_epoch: int = 0) -> Iterator[Listening]:
        """Hear of a topic: first as it is, then of each change."""
        listening = Listening()
        if self._closed:
            listening.end()
        followed = self._followed.setdefault(topic, _Followed(_unknown(topic, after_epoch)))
        followed.listeners.add(listening)
        followed.mark = _from_the_start(followed.mark, after_epoch)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield listening
        finally:
            followed.listeners.discard(listening)
            if not followed.listeners and self._followed.get(topic) is followed:
                del self._followed[topic]

    def close(self) -> None:
        """Nobody hears of anything any longer."""
        self._closed = True
        self._end(None)
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        try:
            while self._followed:
                marks = {topic: followed.mark for topic, followed in self._followed.items()}
                news = await run_in_threadpool(_news, marks)
                for topic, (mark, seen) in news.items():
                    self._tell(topic, marks[topic], mark, seen)
                await asyncio.sleep(LOOK_EVERY_S)
        except Exception as error:  # noqa: BLE001 — whoever waits is told, or would wait in vain
            self._end(error)

    def _tell(self, topic: Topic, before: Mark, now: Mark, seen: list[Seen]) -> None:
        followed = self._followed.get(topic)
        if followed is None:
            return
        if followed.mark is before:  # else somebody came meanwhile, and has yet to hear it all
            followed.mark = now
        for listening in followed.listeners:
            for one in seen:
                listening.tell(one)

    def _end(self, error: Exception | None) -> None:
        for listening in [one for all_ in self._followed.values() for one in all_.listeners]:
            listening.end(error)


def _unknown(topic: Topic, epoch: int) -> Mark:
    match topic.kind:
        case "job":
            return JobMark(epoch=epoch)
        case "batch":
            return None
        case "tenant":
            return TenantMark()


def _from_the_start(mark: Mark, epoch: int) -> Mark:
    """Another came: the next look tells of it all again, and who heard it passes it over."""
    match mark:
        case JobMark():
            return JobMark(epoch=min(epoch, mark.epoch))
        case TenantMark():
            return replace(mark, known={})
        case None:
            return None


def _news(marks: Mapping[Topic, Mark]) -> dict[Topic, tuple[Mark, list[Seen]]]:
    """What is new of each topic, and the mark behind it."""
    found: dict[Topic, tuple[Mark, list[Seen]]] = {}
    jobs = {(t.tenant, t.id): mark for t, mark in marks.items() if isinstance(mark, JobMark)}
    with reading() as session:
        for (tenant, job_id), seen in (changes.of_jobs(session, jobs) if jobs else {}).items():
            mark = _behind(jobs[tenant, job_id], seen)
            found[Topic("job", tenant, job_id)] = mark, [seen]
        for topic, mark_ in marks.items():
            if topic.kind == "batch":
                found[topic] = None, [changes.of_batch(session, topic.tenant, topic.id)]
            elif isinstance(mark_, TenantMark):
                after, rows = changes.of_tenant(session, topic.tenant, mark_)
                found[topic] = after, list(rows)
    return found


def _behind(mark: JobMark, seen: JobSeen | Gone) -> JobMark:
    if isinstance(seen, Gone):
        return mark
    return JobMark(seen.revision, seen.epochs[-1].number if seen.epochs else mark.epoch)


def _with_epochs(before: Seen | None, now: Seen) -> Seen:
    """A row as it is now, with the epochs that its listener has not taken yet."""
    if not isinstance(before, JobSeen) or not isinstance(now, JobSeen):
        return now
    rows = {row.number: row for row in (*before.epochs, *now.epochs)}
    return replace(now, epochs=tuple(rows[number] for number in sorted(rows)))
