"""Who works, and who of them leads."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from db import clock
from db.fence import Lease
from db.portable import insert
from db.tables.jobs import AS_RUNNING, Job
from db.tables.workers import Lock, Worker

PRESENT: Final = ("starting", "ready", "draining", "broken")


def join(
    session: Session,
    *,
    worker_id: str,
    host: str,
    pid: int,
    device: str,
    queues: list[str],
    build: str,
) -> None:
    """A process starts."""
    session.add(
        Worker(
            id=worker_id,
            host=host,
            pid=pid,
            device=device,
            queues=queues,
            build=build,
            state="starting",
            started_at=clock.now(),
            last_seen_at=clock.now(),
        )
    )


def beat(
    session: Session,
    worker_id: str,
    *,
    state: str,
    in_flight: int,
    numbers: dict[str, Any] | None = None,
) -> None:
    """It lives, and this is how it is.

    Who has said `stopped` says nothing more: an older beat may arrive behind it.
    """
    told: dict[str, Any] = {"state": state, "in_flight": in_flight, "last_seen_at": clock.now()}
    if numbers is not None:
        told["numbers"] = numbers
    session.execute(
        update(Worker).where(Worker.id == worker_id, Worker.state != "stopped").values(**told)
    )


def is_to_drain(session: Session, worker_id: str) -> bool:
    """Whether an operator wants this worker to drain; asked often, on a reading session."""
    asked = select(Worker.drain_requested_at).where(Worker.id == worker_id)
    return session.scalar(asked) is not None


def ask_to_drain(session: Session, worker_id: str) -> Worker | None:
    """Have it claim no more, put back what does not end in time, and end. None: nobody works here.

    Asked again, the first time stands.
    """
    statement = (
        update(Worker)
        .where(Worker.id == worker_id, Worker.state.in_(PRESENT))
        .values(drain_requested_at=func.coalesce(Worker.drain_requested_at, clock.now()))
        .returning(Worker)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return session.scalar(statement)


def mark_lost(session: Session, *, silent_s: float) -> None:
    """Workers that have not been seen for so long are lost."""
    session.execute(
        update(Worker)
        .where(
            Worker.state.not_in(("lost", "stopped")),
            Worker.last_seen_at < clock.seconds_from_now(-silent_s),
        )
        .values(state="lost", in_flight=0)
    )


def present(session: Session) -> Sequence[Worker]:
    """Workers that have not stopped or gone missing."""
    working = Worker.state.in_(PRESENT)
    return session.scalars(select(Worker).where(working).order_by(Worker.started_at)).all()


def leases(session: Session, worker_id: str) -> list[Lease]:
    """What the table says that it holds, whatever its own memory says."""
    rows = session.execute(
        select(Job.id, Job.lease_token)
        .where(Job.state == AS_RUNNING, Job.lease_owner == worker_id)
        .order_by(Job.id)
    )
    return [Lease(job_id, worker_id, token) for job_id, token in rows]


def lead(session: Session, name: str, owner: str, *, seconds: float) -> bool:
    """Take or keep a role for a while; one process at a time has it."""
    row = {"name": name, "owner": owner, "expires_at": clock.seconds_from_now(seconds)}
    statement = (
        insert(session, Lock)
        .values(**row)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "expires_at": row["expires_at"]},
            where=or_(Lock.owner == owner, Lock.expires_at < clock.now()),
        )
        .returning(Lock.owner)
    )
    return session.scalar(statement) == owner


def is_led(session: Session, name: str, *, but_not_by: str) -> bool:
    """Whether another process has this role now."""
    other = (Lock.name == name, Lock.owner != but_not_by, Lock.expires_at >= clock.now())
    return bool(session.scalar(select(exists().where(*other))))
