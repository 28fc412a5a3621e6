"""Results: many as a gallery, one beside what it was made from, with its scores and heat maps."""

from typing import Final

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages, pictures
from api.admin.door import SignedIn
from api.errors import Problem
from api.routes import jobs, results, stages
from api.schemas.results import ResultOut, ResultsQuery
from db.operations.union import OPERATIONS

PARTS: Final = ("source", "reference", "mask", "edit_mask")
router = APIRouter(prefix="/admin")


class Asked(ResultsQuery):
    """What a gallery is narrowed to."""

    limit: int = 60


@router.get("/gallery")
def gallery(request: Request, admin: SignedIn) -> Response:
    """Newest first."""
    asked = forms.asked(request, Asked)
    told = results.page(asked, admin.tenant)
    return pages.show(request, "gallery.html", asked=asked, results=told, ops=sorted(OPERATIONS))


@router.get("/results/{result_id}")
def one(request: Request, admin: SignedIn, result_id: str) -> Response:
    """A result beside its source or its reference."""
    result = results.find(result_id, admin.tenant)
    job = jobs.tell(admin.tenant, result.job_id, Response())
    beside = beside_of(result, request.query_params.get("beside"))
    return pages.show(request, "result.html", result=result, job=job, beside=beside)


@router.get("/results/{result_id}/content")
def content(request: Request, admin: SignedIn, result_id: str, side: int = 0) -> Response:
    """The delivered file, or it made small."""
    row = results.served(admin.tenant, result_id)
    if side:
        return pictures.small(request, admin.tenant, row.blob_key, row.id, side)
    return pictures.whole(request, admin.tenant, row.blob_key, row.id)


@router.get("/results/{result_id}/parts/{part}")
def of_part(request: Request, admin: SignedIn, result_id: str, part: str) -> Response:
    """What it was made from or compared with, and its masks."""
    row = results.served(admin.tenant, result_id)
    key = getattr(row, f"{part}_key") if part in PARTS else None
    if key is None:
        raise Problem("not_found", f"this result has no {part[:32]}")
    return pictures.whole(request, admin.tenant, key, f"{row.id}-{part}")


@router.get("/jobs/{job_id}/stages/{stage}")
def of_stage(request: Request, admin: SignedIn, job_id: str, stage: str) -> Response:
    """A mask, a ground or a heat map of a job that was to be explained."""
    return stages.content(job_id, stage, admin.tenant, request)


def beside_of(result: ResultOut, asked: str | None) -> str | None:
    """Which of its pictures a result is shown beside."""
    there = [part for part in ("source", "reference") if getattr(result.keys, part) is not None]
    return asked if asked in there else next(iter(there), None)
