"""The operator's view of the queues: how much waits in each, and which of them stand still."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db import clock
from db.operations.base import QueueName
from db.portable import insert
from db.tables.jobs import AS_QUEUED, AS_RUNNING, Job, Queue

NAMES: Final[tuple[QueueName, ...]] = get_args(QueueName)


class QueueNotFound(LookupError):
    """No job ever stands in a queue of this name."""


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue as it is now.

    Attributes:
        queued: jobs that wait, those for later included.
        due: of them, those that a worker might take now.
        running: jobs that workers hold.
        oldest_due_s: how long the first of the due ones could have run already.
        paused_at: since when nothing is taken from it.
    """

    name: str
    queued: int
    due: int
    running: int
    oldest_due_s: float | None
    paused_at: datetime | None


def pause(session: Session, name: str) -> None:
    """Nothing more is claimed from it; what runs goes on. Paused again, the first time stands.

    Raises:
        QueueNotFound: there is none of this name.
    """
    _must_be_known(name)
    session.execute(
        insert(session, Queue)
        .values(name=name, paused_at=clock.now())
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"paused_at": func.coalesce(Queue.paused_at, clock.now())},
        )
    )


def resume(session: Session, name: str) -> None:
    """Jobs are claimed from it again. Ring it afterwards.

    Raises:
        QueueNotFound: there is none of this name.
    """
    _must_be_known(name)
    session.execute(update(Queue).where(Queue.name == name).values(paused_at=None))


def depths(session: Session) -> list[Depth]:
    """Every queue. Reads as much as is waiting and running, never the jobs that ended."""
    waiting = {row.queue: row for row in session.execute(_waiting())}
    running = {row.queue: row.jobs for row in session.execute(_running())}
    paused = {row.name: row.paused_at for row in session.scalars(select(Queue))}
    return [
        _depth(name, waiting.get(name), running.get(name, 0), paused.get(name)) for name in NAMES
    ]


def _waiting() -> Any:
    """One walk over the index of what is due, queue by queue."""
    is_due = Job.scheduled_at <= clock.now()
    return (
        select(
            Job.queue,
            func.count().label("queued"),
            func.count().filter(is_due).label("due"),
            func.min(Job.scheduled_at).filter(is_due).label("oldest"),
            clock.now().label("now"),
        )
        .where(Job.state == AS_QUEUED, Job.queue.in_(NAMES))
        .group_by(Job.queue)
    )


def _running() -> Any:
    return (
        select(Job.queue, func.count().label("jobs"))
        .where(Job.state == AS_RUNNING)
        .group_by(Job.queue)
    )


def _depth(name: str, waiting: Any, running: int, paused_at: datetime | None) -> Depth:
    if waiting is None:
        return Depth(name, 0, 0, running, None, paused_at)
    age_s = None if waiting.oldest is None else (waiting.now - waiting.oldest).total_seconds()
    return Depth(name, waiting.queued, waiting.due, running, age_s, paused_at)


def _must_be_known(name: str) -> None:
    if name not in NAMES:
        raise QueueNotFound(f"there are {', '.join(NAMES)}")
