"""Which of some jobs are open still: one narrow question, however many are asked about."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.tables.jobs import TERMINAL, Job


def of(session: Session, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of (tenant, job id) pairs those of an open job; one that is not there is none."""
    tenants, job_ids = {tenant for tenant, _ in keys}, [job_id for _, job_id in keys]
    states = select(Job.tenant, Job.id, Job.state).where(
        Job.id.in_(job_ids), Job.tenant.in_(tenants)
    )
    asked = set(keys)
    found = session.execute(states)
    return {(tenant, job_id) for tenant, job_id, state in found if state not in TERMINAL} & asked
