"""Jobs: filtered, searched, looked into, cancelled, tried again."""

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import jobs
from api.schemas.base import Page, Text
from api.schemas.jobs import JobsQuery, JobSummary, job_summary
from db import job_search
from db.engine import reading
from db.operations.union import OPERATIONS
from db.tables.jobs import STATES

router = APIRouter(prefix="/admin/jobs")


class Asked(JobsQuery):
    """What a list of jobs is narrowed to."""

    q: Text | None = None
    """How an id begins, a sku or an external id."""


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """Newest first."""
    asked = forms.asked(request, Asked)
    told = _page(asked, admin.tenant) if asked.q is None else _found(asked.q, asked, admin.tenant)
    ops = sorted(OPERATIONS)
    return pages.show(request, "jobs.html", asked=asked, jobs=told, states=STATES, ops=ops)


@router.get("/{job_id}")
def one(request: Request, admin: SignedIn, job_id: str) -> Response:
    """All of one; while it is open the page asks again by itself."""
    return pages.show(request, "job.html", job=jobs.tell(admin.tenant, job_id, Response()))


@router.post("/{job_id}/cancel")
def cancel(admin: SignedIn, _sent: Sent, job_id: str) -> Response:
    jobs.cancel(job_id, admin.tenant, Response())
    return pages.back_to(f"/admin/jobs/{job_id}", did="cancelled")


@router.post("/{job_id}/retry")
def retry(admin: SignedIn, _sent: Sent, job_id: str) -> Response:
    new = jobs.retry(job_id, admin.caller, None, Response())
    return pages.back_to(f"/admin/jobs/{new.id}", did="retried")


def _page(asked: Asked, tenant: str) -> Page[JobSummary]:
    return jobs.page(JobsQuery(**asked.model_dump(exclude={"q"})), tenant)


def _found(text: str, asked: Asked, tenant: str) -> Page[JobSummary]:
    with reading() as session:
        rows = job_search.of(session, tenant, text, most=asked.limit)
    wanted = [
        job_summary(row)
        for row in rows
        if asked.state in (None, row.state) and asked.op in (None, row.op)
    ]
    return Page(items=wanted)
