"""Jobs as rows, in whatever state a test needs; time passes by moving the row's own times."""

import json
from typing import Any

from sqlalchemy import update

from db import clock, jobs, transitions
from db.engine import reading, transaction
from db.ids import new_id
from db.operations.order import Order, parse
from db.operations.union import OPERATIONS
from db.tables.jobs import Job
from db.tables.results import Result
from db.transitions import Lease
from tests.factories import NOWHERE

TENANT = "shop"
LEASE_S = 60.0


def order(op: str = "upscale", **envelope: Any) -> Order:
    """An order of the fewest words; `operation` in the envelope gives its parameters."""
    operation = {"op": op, **envelope.pop("operation", {})}
    if op in {"upscale", "denoise", "cutout", "background"}:
        operation.setdefault("picture", NOWHERE)
    return parse(json.dumps({"operation": operation, **envelope}).encode())


def queued(op: str = "upscale", *, envelope: dict[str, Any] | None = None, **columns: Any) -> str:
    """The id of a new queued job, with these columns set."""
    with transaction() as session:
        job_id = jobs.create(session, TENANT, order(op, **(envelope or {}))).job.id
    change(job_id, **columns)
    return job_id


def claim(
    *, owner: str = "worker", queue: str = "gpu", room: int = 1, solo: bool = False
) -> list[Job]:
    with transaction() as session:
        found = transitions.claim(
            session,
            queue=queue,
            owner=owner,
            device="cpu",
            room=room,
            lease_s=LEASE_S,
            known=OPERATIONS,
            solo=solo,
        )
    return list(found)


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


def result(lease: Lease, **columns: Any) -> Result:
    """A result of a job, as a worker with this lease would write it."""
    values: dict[str, Any] = {
        "id": new_id(),
        "job_id": lease.job_id,
        "ordinal": 0,
        "tenant": TENANT,
        "lease_token": lease.token,
        "blob_key": "0" * 64,
        "sha256": "0" * 64,
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
