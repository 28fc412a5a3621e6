"""Every question we ask of stages, the pictures of how results came about."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, inspect, select
from sqlalchemy.orm import Session

from db import blobs, clock
from db.tables.results import Result
from db.tables.stages import Stage

_GIVEN = [column.key for column in inspect(Stage).columns if column.key != "created_at"]


def add(session: Session, rows: Iterable[Stage]) -> None:
    """Write jobs' stages; as of results, only where the fence held, in the same transaction.

    Raises:
        Vanished: bytes that they name were erased meanwhile; nothing may be committed.
    """
    added = list(rows)
    for tenant in sorted({row.tenant for row in added}):
        blobs.hold(session, tenant, {row.picture_key for row in added if row.tenant == tenant})
    if added:
        values = [{name: getattr(row, name) for name in _GIVEN} for row in added]
        session.execute(insert(Stage).values(created_at=clock.now()), values)


def of_results(session: Session, ids: Collection[str]) -> Mapping[str, list[Stage]]:
    """Those of each of these results, in their order."""
    found: dict[str, list[Stage]] = defaultdict(list)
    which = select(Stage).where(Stage.result_id.in_(ids), Stage.result_id.is_not(None))
    for stage in session.scalars(which.order_by(Stage.ordinal)):
        found[stage.result_id or ""].append(stage)
    return found


def of_job(session: Session, job_id: str) -> Sequence[Stage]:
    """All of a job, in their order."""
    mine = select(Stage).where(Stage.job_id == job_id).order_by(Stage.ordinal)
    return session.scalars(mine).all()


def find(session: Session, tenant: str, job_id: str, name: str) -> tuple[Stage, str | None] | None:
    """A stage, and its result's visibility where it has one."""
    mine = (Stage.tenant == tenant, Stage.job_id == job_id, Stage.name == name)
    asked = select(Stage, Result.visibility).outerjoin(Result, Result.id == Stage.result_id)
    row = session.execute(asked.where(*mine)).one_or_none()
    return None if row is None else (row[0], row[1])


def remove(session: Session, which: ColumnElement[bool]) -> dict[str, set[str]]:
    """Stages that go; the bytes that they named, by tenant."""
    keys: dict[str, set[str]] = defaultdict(set)
    for tenant, key in session.execute(select(Stage.tenant, Stage.picture_key).where(which)):
        keys[tenant].add(key)
    gone: Any = delete(Stage).where(which)
    session.execute(gone, execution_options={"synchronize_session": False})
    return keys
