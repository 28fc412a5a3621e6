"""The admin page as a part of the app: its routes, and what happens to whom nobody knows."""

from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from api import handlers
from api.admin import pages
from api.admin.door import NotSignedIn
from api.admin.routes import (
    campaigns,
    datasets,
    jobs,
    keys,
    labels,
    machines,
    overview,
    quality,
    records,
    results,
    review,
    signing,
    tenants,
    trainings,
    versions,
    webhooks,
)
from api.errors import Problem

_ROUTERS: Final = (
    *(signing, overview, jobs, results, review, labels, quality, campaigns, trainings, versions),
    *(datasets, machines, webhooks, tenants, keys, records),
)


def include(routes: APIRouter) -> None:
    """Add the page; openapi.json, which is for programs, says nothing of it."""
    for module in _ROUTERS:
        routes.include_router(module.router, include_in_schema=False)


def install(app: FastAPI) -> None:
    """Let an app lead whoever has not signed in to where that is done."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)


def _not_signed_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedIn)  # noqa: S101 — what it was registered for
    if request.headers.get("hx-request") == "true":
        headers = {**pages.HEADERS, "HX-Redirect": error.address}
        return Response(status_code=401, headers=headers)
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(error.address, status_code=303, headers=pages.HEADERS)
    request.state.tell_problem = None
    return handlers.respond(request, Problem("unauthenticated", "sign in at /admin"))
