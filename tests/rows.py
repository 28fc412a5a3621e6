"""Jobs as rows, in whatever state a test needs; time passes by moving the row's own times."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db import clock, fleet, jobs, line, transitions
from db.engine import long_transaction, reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.operations.order import Order, parse
from db.operations.union import OPERATIONS
from db.portable import insert_once
from db.tables.batches import Batch
from db.tables.jobs import Job
from db.tables.pictures import Blob, Picture
from db.tables.results import Result
from db.tables.stages import Stage
from db.tables.workers import Worker
from tests.factories import NOWHERE

TENANT = "shop"
LEASE_S = 60.0
MADE = "0" * 64
"""The key of the bytes that `result` names; there is a row for them, and nothing in the store."""


def order(op: str = "upscale", **envelope: Any) -> Order:
    """An order of the fewest words; `operation` in the envelope gives its parameters."""
    operation = {"op": op, **envelope.pop("operation", {})}
    if op in {"upscale", "denoise", "cutout", "background"}:
        operation.setdefault("picture", NOWHERE)
    return parse(json.dumps({"operation": operation, **envelope}).encode())


def queued(
    op: str = "upscale",
    *,
    envelope: dict[str, Any] | None = None,
    tenant: str = TENANT,
    **columns: Any,
) -> str:
    """The id of a new queued job, with these columns set."""
    with transaction() as session:
        job_id = jobs.create(session, tenant, order(op, **(envelope or {}))).job.id
        _say_that_there_are_bytes(session, tenant)
    change(job_id, **columns)
    return job_id


def _say_that_there_are_bytes(session: Session, tenant: str) -> None:
    """A result is only written while the bytes that it names are held."""
    row = {"tenant": tenant, "sha256": MADE, "bytes": 1, "last_put_at": clock.now()}
    session.execute(insert_once(session, Blob, row))


def picture(picture_id: str, *, tenant: str = TENANT) -> None:
    """A row about a picture whose bytes are nowhere."""
    with transaction() as session:
        session.add(
            Picture(
                id=picture_id,
                tenant=tenant,
                sha256="0" * 64,
                format="png",
                bytes=1,
                width=24,
                height=16,
                mode="RGB",
                created_at=clock.now(),
            )
        )


def many(count: int, *, tenant: str = TENANT, **columns: Any) -> list[str]:
    """So many queued jobs with these columns, faster than order by order."""
    first = queued(tenant=tenant, **columns)
    with long_transaction() as session:
        pattern = (
            session.execute(select(*Job.__table__.columns).where(Job.id == first)).one()._mapping
        )
        copies = [{**pattern, "id": new_id()} for _ in range(count - 1)]
        if copies:
            session.execute(insert(Job), copies)
    return [first, *(copy["id"] for copy in copies)]


def history(count: int, *, tenant: str = TENANT) -> list[str]:
    """So many jobs that succeeded, a second apart, the last just now."""
    first = queued(tenant=tenant, state="succeeded", finished_at=clock.now())
    with long_transaction() as session:
        of_first = select(*Job.__table__.columns).where(Job.id == first)
        pattern = session.execute(of_first).one()._mapping
        copies = [
            {
                **pattern,
                "id": new_id(),
                "created_at": pattern["created_at"] - timedelta(seconds=number),
            }
            for number in range(count - 1, 0, -1)
        ]
        session.execute(insert(Job), copies)
    return [*(copy["id"] for copy in copies), first]


def claim(
    *, owner: str = "worker", queue: str = "gpu", room: int = 1, solo: bool = False
) -> list[Job]:
    """What a feeder with so much room would take; `solo`: of those who must be alone."""
    with transaction() as session:
        if solo:
            found = line.alone(session, queue, known=OPERATIONS)
            chosen = [] if found is None else [found]
        else:
            chosen = list(line.following(session, queue, known=OPERATIONS, most=room))
        jobs = transitions.claim(session, chosen, owner=owner, device="cpu", lease_s=LEASE_S)
    return list(jobs)


def lease_of(job: Job) -> Lease:
    return Lease(job.id, job.lease_owner or "", job.lease_token)


def running(**columns: Any) -> Lease:
    """The lease of a new running job, claimed by `worker`, with these columns set."""
    job_id = queued()
    (job,) = claim()
    assert job.id == job_id
    change(job_id, **columns)
    return lease_of(job)


def read(job_id: str) -> Job:
    with reading() as session:
        return session.get_one(Job, job_id)


def change(job_id: str, **columns: Any) -> None:
    if columns:
        with transaction() as session:
            session.execute(update(Job).where(Job.id == job_id).values(**columns))


def lease_ran_out(job_id: str) -> None:
    change(job_id, lease_expires_at=clock.seconds_from_now(-1))


def ran_over_its_time(job_id: str) -> None:
    """The job has been at it for longer than it may, and nobody renewed its lease."""
    change(job_id, started_at=clock.seconds_from_now(-7200), timeout_s=3600.0)
    lease_ran_out(job_id)


def is_due_now(job_id: str) -> None:
    change(job_id, scheduled_at=clock.seconds_from_now(-1))


def worker(worker_id: str = "worker", **columns: Any) -> str:
    """The id of a worker that has joined, with these columns set."""
    joined = {"host": "here", "pid": 7, "device": "cpu", "queues": ["gpu"], "build": "0.1"}
    with transaction() as session:
        fleet.join(session, worker_id=worker_id, **joined)
        if columns:
            session.execute(update(Worker).where(Worker.id == worker_id).values(**columns))
    return worker_id


def batch_of(job_ids: list[str], **columns: Any) -> str:
    """The id of a new batch that these jobs belong to."""
    values: dict[str, Any] = {
        "id": new_id(),
        "tenant": TENANT,
        "request_sha256": "0" * 64,
        "lines": len(job_ids),
        "refused": 0,
        "created_at": clock.now(),
    }
    with transaction() as session:
        session.add(batch := Batch(**(values | columns)))
    for job_id in job_ids:
        change(job_id, batch_id=batch.id)
    return batch.id


def result(lease: Lease, **columns: Any) -> Result:
    """A result of a job, as a worker with this lease would write it."""
    values: dict[str, Any] = {
        "id": new_id(),
        "job_id": lease.job_id,
        "ordinal": 0,
        "tenant": TENANT,
        "lease_token": lease.token,
        "blob_key": MADE,
        "sha256": MADE,
        "format": "png",
        "bytes": 1,
        "width": 1,
        "height": 1,
        "op": "upscale",
        "source_kind": "enhanced",
        "scores": {},
        "metric_version": 1,
        "seed": 0,
        "created_at": clock.now(),
    }
    return Result(**(values | columns))


def stage(lease: Lease, **columns: Any) -> Stage:
    """A stage of a job, as a worker with this lease would write it."""
    values: dict[str, Any] = {
        "job_id": lease.job_id,
        "name": "matte",
        "ordinal": 0,
        "tenant": TENANT,
        "picture_key": MADE,
        "width": 1,
        "height": 1,
        "created_at": clock.now(),
    }
    return Stage(**(values | columns))
