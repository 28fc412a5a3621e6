"""How each problem is told to its caller: application/problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import exc as database
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from api.errors import LONGEST_DETAIL, PROBLEMS, Problem, invalid
from db.blobs import NotStored, StorageFull
from db.datasets import DatasetExists, DatasetNotFound, DatasetTooSmall
from db.intake import NotAPicture
from db.jobs import IdempotencyKeyReused
from db.versions import VersionNotFound

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)

# What db raises, and what that is called here.
_CODES: Final[Mapping[type[Exception], str]] = {
    VersionNotFound: "version_not_found",
    DatasetNotFound: "dataset_not_found",
    DatasetTooSmall: "dataset_too_small",
    DatasetExists: "dataset_exists",
    IdempotencyKeyReused: "idempotency_key_reused",
}
_CODE_OF_STATUS: Final[Mapping[int, str]] = {404: "not_found", 405: "method_not_allowed"}


def install(app: FastAPI) -> None:
    """Teach an app to tell each of these problems."""
    handlers: dict[Any, Any] = {
        Problem: lambda request, error: respond(request, error),
        HTTPException: _http,
        RequestValidationError: _parameters,
        ClientDisconnect: _gone,
        NotAPicture: _not_a_picture,
        NotStored: _not_stored,
        StorageFull: _full,
        database.OperationalError: _database,
        database.InterfaceError: _database,
        database.TimeoutError: _database,
        Exception: _ours,
        **dict.fromkeys(_CODES, _known),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def respond(request: Request, problem: Problem) -> JSONResponse:
    kind = PROBLEMS[problem.code]
    request_id = getattr(request.state, "request_id", "")
    body: dict[str, Any] = {
        "type": f"/v1/problems/{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail[:LONGEST_DETAIL],
        "code": problem.code,
        "request_id": request_id,
        "errors": problem.errors,
    }
    headers = {**problem.headers, "X-Request-Id": request_id}
    return JSONResponse(body, status_code=kind.status, headers=headers, media_type=MEDIA_TYPE)


def _known(request: Request, error: Exception) -> JSONResponse:
    code = next(code for kind, code in _CODES.items() if isinstance(error, kind))
    return respond(request, Problem(code, str(error)))


def _not_a_picture(request: Request, error: NotAPicture) -> JSONResponse:
    return respond(request, Problem(error.code, error.detail))


def _parameters(request: Request, error: RequestValidationError) -> JSONResponse:
    return respond(request, invalid(list(error.errors()), None))


def _http(request: Request, error: HTTPException) -> JSONResponse:
    code = _CODE_OF_STATUS.get(error.status_code, "bad_request")
    return respond(request, Problem(code, str(error.detail), headers=error.headers))


def _gone(request: Request, _error: ClientDisconnect) -> JSONResponse:
    return respond(request, Problem("client_disconnected", "nobody waits for this answer"))


def _not_stored(request: Request, error: NotStored) -> JSONResponse:
    _log.error("bytes that a row names are missing", error=str(error))
    return respond(request, Problem("content_gone", "the bytes are no longer in the store"))


def _full(request: Request, error: StorageFull) -> JSONResponse:
    _log.error("the store is full", error=str(error))
    return respond(request, Problem("storage_full", "there is no room; nothing was kept"))


def _database(request: Request, error: Exception) -> JSONResponse:
    _log.error("the database does not answer", error=str(error))
    if "disk is full" in str(error):
        return respond(request, Problem("storage_full", "there is no room; nothing was kept"))
    problem = Problem("database_unavailable", "try again in a moment", headers={"Retry-After": "5"})
    return respond(request, problem)


def _ours(request: Request, _error: Exception) -> JSONResponse:
    return respond(request, Problem("internal_error", "this is our fault and is in the log"))
