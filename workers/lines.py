"""What each line names that is written while a job is in work."""

from db.tables.jobs import Job


def named(job: Job) -> dict[str, str | int]:
    """For `structlog.contextvars`; the request by which the job came, where it came by one."""
    told: dict[str, str | int] = {"tenant": job.tenant, "job_id": job.id, "attempt": job.attempt}
    return told if job.request_id is None else {"request_id": job.request_id, **told}
