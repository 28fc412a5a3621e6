"""Who works, and who of them leads."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from db import clock
from db.portable import insert
from db.tables.workers import Lock, Worker


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


def beat(session: Session, worker_id: str, *, state: str, in_flight: int) -> None:
    """It lives, and this is how it is."""
    session.execute(
        update(Worker)
        .where(Worker.id == worker_id)
        .values(state=state, in_flight=in_flight, last_seen_at=clock.now())
    )


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
    working = Worker.state.in_(("starting", "ready", "draining", "broken"))
    return session.scalars(select(Worker).where(working).order_by(Worker.started_at)).all()


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
