"""Trainings: how far each is, its curves as they grow, what the network made after each epoch."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.admin import forms, pages
from api.admin.door import SignedIn
from api.routes import epochs, trainings
from api.schemas.jobs import EpochOut
from api.schemas.trainings import EpochsQuery, TrainingsQuery
from db.tables.jobs import STATES
from db.trainings import OPS

MOST_EPOCHS = 1_000
router = APIRouter(prefix="/admin/trainings")


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """Newest first."""
    asked = forms.asked(request, TrainingsQuery)
    told = trainings.page(asked, admin.tenant)
    return pages.show(
        request, "trainings.html", asked=asked, trainings=told, states=STATES, ops=OPS
    )


@router.get("/{job_id}")
def one(request: Request, admin: SignedIn, job_id: str) -> Response:
    """One with its curves and grids; while it is open the page asks again by itself."""
    told = trainings.find(job_id, admin.tenant, _afresh(request), Response())
    return pages.show(request, "training.html", training=told)


@router.get("/{job_id}/curves")
def curves(admin: SignedIn, job_id: str) -> Response:
    """What each epoch came to, by name: losses, and scores on validation."""
    rows = trainings.epochs(job_id, EpochsQuery(limit=MOST_EPOCHS), admin.tenant).items
    told = {
        "epochs": [row.number for row in rows],
        "losses": _by_name([row.losses for row in rows]),
        "scores": _by_name([_scores(row) for row in rows]),
    }
    return JSONResponse(told, headers=pages.HEADERS)


@router.get("/{job_id}/epochs/{number}/grid")
def grid(request: Request, admin: SignedIn, job_id: str, number: str) -> Response:
    """What the network made after an epoch."""
    return epochs.grid(job_id, number, admin.tenant, request)


def _scores(row: EpochOut) -> dict[str, float | None]:
    """A column is there if any epoch has a number for it."""
    told = {"PSNR, dB": row.val_psnr_db, "SSIM": row.val_ssim, **(row.scores or {})}
    return {name: value for name, value in told.items() if value is not None}


def _by_name(rows: Sequence[dict[str, Any]]) -> dict[str, list[float | None]]:
    """Each name with its value at every epoch; none where an epoch did not tell it."""
    found: dict[str, list[float | None]] = defaultdict(lambda: [None] * len(rows))
    for at, row in enumerate(rows):
        for name, value in row.items():
            found[name][at] = value
    return dict(found)


def _afresh(request: Request) -> Request:
    """The same request, of a browser that says of no revision that it has it."""
    headers = [pair for pair in request.scope["headers"] if pair[0] != b"if-none-match"]
    return Request({**request.scope, "headers": headers})
