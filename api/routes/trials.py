"""How the trials of a search went."""

from fastapi import APIRouter

from api import erasing
from api.auth import needs
from api.deps import Tenant
from api.schemas.trials import TrialOut, TrialsOut
from db import ids, jobs, trials
from db.engine import reading

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.get("/{job_id}/trials", dependencies=[needs("jobs:read")])
def all_trials(job_id: str, tenant: Tenant) -> TrialsOut:
    """Of a `tune` job, the first one first; another job has none."""
    with reading() as session:
        if not ids.is_id(job_id) or jobs.find(session, tenant, job_id) is None:
            raise erasing.missing(session, tenant, job_id, "job_not_found", "no job has this id")
        return TrialsOut(items=[TrialOut.model_validate(row) for row in trials.of(session, job_id)])
