"""Which requests are acts that go on record, and the record of those that were refused."""

from typing import Any, Final, Protocol

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db import acts, key_text, origin
from db.acts import Act
from db.engine import transaction

_READS: Final = ("GET", "HEAD", "OPTIONS")
# What a storefront does all day has rows of its own: jobs, batches, pictures, feedback, tastes,
# counts.
# Every other route that changes something is on record, also one that is added later.
_EVERYDAY: Final = frozenset(
    {
        ("POST", "/v1/pictures"),
        ("POST", "/v1/provenance/verify"),
        ("POST", "/v1/jobs"),
        ("POST", "/v1/assist"),
        ("POST", "/v1/jobs/{job_id}/retry"),
        ("POST", "/v1/batches"),
        ("POST", "/v1/feedback"),
        ("POST", "/v1/events"),
        ("POST", "/v1/campaigns/{campaign_id}/choice"),
        ("POST", "/v1/tastes"),
        ("POST", "/v1/pictures/{picture_id}/link"),
        ("POST", "/v1/results/{result_id}/link"),
    }
)
_KEPT: Final = "act"
_log = structlog.get_logger(__name__)


class Asking(Protocol):
    """Who asks, by which key."""

    @property
    def tenant(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    def may(self, scope: str) -> bool: ...


def is_on_record(method: str, route: str) -> bool:
    return method not in _READS and (method, route) not in _EVERYDAY


def begin(request: Request, caller: Asking) -> None:
    """From here on what the request makes is its caller's, and what it changes noted as an act."""
    origin.asked_by(caller.key_id)
    route = str(getattr(request.scope.get("route"), "path", ""))
    if not is_on_record(request.method, route) or _KEPT in request.scope["state"]:
        return
    act = Act(
        tenant=_whose(request, caller),
        actor_tenant=caller.tenant,
        key_id=caller.key_id,
        verb=request.method,
        route=route,
        resource=key_text.hidden(request.url.path),  # some paste a key where its id belongs
        request_id=request.state.request_id,
    )
    request.scope["state"][_KEPT] = act
    acts.begin(act)


class Ledger:
    """ASGI middleware: an act that was refused is on record too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noticed(message: Message) -> None:
            if message["type"] == "http.response.start":
                await _note(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception:  # our own fault: told by who is around us
            await _note(scope, 500)
            raise


async def _note(scope: Scope, status: int) -> None:
    act: Act | None = scope.get("state", {}).get(_KEPT)
    if act is None or act.noted:
        return
    act.noted = True  # what follows the answer is no part of the act
    if status >= 400:
        await run_in_threadpool(_refused, act, status)


def _refused(act: Act, status: int) -> None:
    try:
        with transaction() as session:
            acts.refuse(session, act, status=status)
    except SQLAlchemyError as error:
        _log.warning("a refused act was not noted", error=str(error))


def _whose(request: Request, caller: Asking) -> str:
    """Whose things: the operator may name another tenant, in the path or behind it."""
    asked: Any = request.path_params.get("name") if "/tenants/" in request.url.path else None
    named = asked or request.query_params.get("tenant") or caller.tenant
    return str(named)[:64] if caller.may("admin") else caller.tenant
