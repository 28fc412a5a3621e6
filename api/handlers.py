"""How each problem is told to its caller: application/problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import exc as database
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from api import edge
from api.errors import Problem, document, invalid, told
from api.listeners import NothingMore
from db.blobs import NotStored, StorageFull, StoreUnavailable, Vanished
from db.blocklist import BlocklistFull, EntryNotFound
from db.campaigns import (
    ArmNotFound,
    CampaignClosed,
    CampaignNameTaken,
    CampaignNotFound,
    NoArmLeft,
    TooManyArms,
)
from db.datasets import DatasetNotFound, DatasetTooSmall, DatasetUnfit
from db.deliveries import EndpointDisabled
from db.endpoints import TooManyEndpoints
from db.erasure import InDataset, StillOpen
from db.intake import NotAPicture
from db.jobs import IdempotencyKeyReused, QueueQuota
from db.keys import KeyNotLive
from db.labels import NothingProposed
from db.operations.presets import PresetNotFound
from db.presets import PresetNameTaken
from db.promotions import AlreadyServing, NotBetter, NotEvaluated, NothingToRollBack
from db.quarantine import Quarantined
from db.queues import QueueNotFound
from db.rated import NothingRated
from db.refusals import Refused
from db.registration import NothingLeft, StillLooking
from db.results import ResultNotFound
from db.reviewing import NotHeld
from db.rules import RuleExists, RuleNotFound
from db.secrets import SecretKeyMissing
from db.tastes import NothingThere
from db.tenants import TenantExists, TenantNotFound
from db.versions import VersionNotFound

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)

# What db raises, and what that is called here.
_CODES: Final[Mapping[type[Exception], str]] = {
    VersionNotFound: "version_not_found",
    AlreadyServing: "version_serving",
    NotEvaluated: "not_evaluated",
    NotBetter: "not_better",
    NothingToRollBack: "nothing_to_roll_back",
    DatasetNotFound: "dataset_not_found",
    DatasetTooSmall: "dataset_too_small",
    DatasetUnfit: "dataset_unfit",
    NothingLeft: "dataset_empty",
    NothingRated: "nothing_rated",
    RuleNotFound: "rule_not_found",
    RuleExists: "rule_exists",
    CampaignNotFound: "campaign_not_found",
    CampaignNameTaken: "campaign_name_taken",
    CampaignClosed: "campaign_closed",
    ArmNotFound: "arm_not_found",
    NoArmLeft: "no_arm_left",
    TooManyArms: "too_many_arms",
    PresetNotFound: "preset_not_found",
    PresetNameTaken: "preset_name_taken",
    ResultNotFound: "result_not_found",
    NotHeld: "result_not_held",
    Quarantined: "quarantined",
    BlocklistFull: "blocklist_full",
    EntryNotFound: "entry_not_found",
    StillOpen: "job_open",
    InDataset: "picture_in_dataset",
    IdempotencyKeyReused: "idempotency_key_reused",
    QueueNotFound: "queue_not_found",
    KeyNotLive: "key_not_live",
    EndpointDisabled: "webhook_disabled",
    TooManyEndpoints: "too_many_webhooks",
    SecretKeyMissing: "secret_key_missing",
    NothingProposed: "proposal_not_found",
    NothingThere: "picture_not_found",
    TenantExists: "tenant_exists",
    TenantNotFound: "tenant_not_found",
}
_CODE_OF_STATUS: Final[Mapping[int, str]] = {404: "not_found", 405: "method_not_allowed"}


def install(app: FastAPI) -> None:
    """Teach an app to tell each of these problems."""
    handlers: dict[Any, Any] = {
        NothingMore: lambda _request, _error: Response(status_code=204),
        Problem: lambda request, error: respond(request, error),
        HTTPException: _http,
        RequestValidationError: _parameters,
        ClientDisconnect: _gone,
        Refused: _refused,
        QueueQuota: _over_quota,
        NotAPicture: _not_a_picture,
        StillLooking: _still_looking,
        NotStored: _not_stored,
        StorageFull: _full,
        StoreUnavailable: _store,
        Vanished: _store,
        database.OperationalError: _database,
        database.InterfaceError: _database,
        database.InternalError: _database,
        database.TimeoutError: _database,
        Exception: _ours,
        **dict.fromkeys(_CODES, _known),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def respond(request: Request, problem: Problem) -> Response:
    # A page that people look at has set its own way to tell them.
    if (tell := getattr(request.state, "tell_problem", None)) is not None:
        told: Response = tell(request, problem)
        return told
    request_id = getattr(request.state, "request_id", "")
    body = document(problem) | {"request_id": request_id}
    headers = {**problem.headers, "X-Request-Id": request_id}
    return JSONResponse(body, status_code=body["status"], headers=headers, media_type=MEDIA_TYPE)


def _known(request: Request, error: Exception) -> Response:
    code = next(code for kind, code in _CODES.items() if isinstance(error, kind))
    return respond(request, Problem(code, str(error)))


def _refused(request: Request, error: Refused) -> Response:
    return respond(request, told(error))


def _over_quota(request: Request, error: QueueQuota) -> Response:
    return respond(request, Problem("queue_quota", str(error), headers={"Retry-After": "10"}))


def _not_a_picture(request: Request, error: NotAPicture) -> Response:
    return respond(request, Problem(error.code, error.detail))


def _parameters(request: Request, error: RequestValidationError) -> Response:
    return respond(request, invalid(list(error.errors()), None))


def _http(request: Request, error: HTTPException) -> Response:
    code = _CODE_OF_STATUS.get(error.status_code, "bad_request")
    return respond(request, Problem(code, str(error.detail), headers=error.headers))


def _gone(request: Request, _error: ClientDisconnect) -> Response:
    return respond(request, Problem("client_disconnected", "nobody waits for this answer"))


def _still_looking(request: Request, error: StillLooking) -> Response:
    return respond(request, Problem("results_unseen", str(error), headers={"Retry-After": "1"}))


def _not_stored(request: Request, error: NotStored) -> Response:
    _log.error("bytes that a row names are missing", error=str(error))
    return respond(request, Problem("content_gone", "the bytes are no longer in the store"))


def _full(request: Request, error: StorageFull) -> Response:
    _log.error("the store is full", error=str(error))
    return respond(request, Problem("storage_full", "there is no room; nothing was kept"))


def _store(request: Request, error: OSError) -> Response:
    _log.error("the store does not answer", error=str(error))
    problem = Problem("storage_unavailable", "try again in a moment", headers={"Retry-After": "5"})
    return respond(request, problem)


def _database(request: Request, error: Exception) -> Response:
    _log.error("the database does not answer", error=str(error))
    if "disk is full" in str(error):
        return respond(request, Problem("storage_full", "there is no room; nothing was kept"))
    problem = Problem("database_unavailable", "try again in a moment", headers={"Retry-After": "5"})
    return respond(request, problem)


def _ours(request: Request, _error: Exception) -> Response:
    # It is told outside of the Edge, which gives all other answers their headers.
    detail = "this is our fault and is in the log"
    headers = edge.headers(request.app.state.settings)
    return respond(request, Problem("internal_error", detail, headers=headers))
