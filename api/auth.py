"""Who asks, and what their key opens: 401 without a key that is live, 403 beyond its scopes."""

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final

import structlog
from fastapi import BackgroundTasks, Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from structlog.contextvars import bind_contextvars

from api import acts, budgets
from api.errors import Problem
from db import key_text, keys, tenants
from db.engine import reading, transaction
from db.operations.order import Order

_MOST_REMEMBERED: Final = 10_000
_log = structlog.get_logger(__name__)
bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer psk_…`."
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request this is, by which key, what that key opens, and its tenant's own budgets."""

    tenant: str
    key_id: str
    scopes: frozenset[str]
    requests_per_min: int | None = None
    upload_bytes_per_day: int | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or keys.ADMIN in self.scopes


class Keyring:
    """Keys that were found live a moment ago; a request with one of them asks no database."""

    def __init__(self, remember_s: float) -> None:
        self._remember_s = remember_s
        self._known: dict[bytes, tuple[Caller, float]] = {}
        self._noted: dict[str, float] = {}

    async def caller(self, text: str) -> Caller | None:
        """Whose key this is; None if it opens nothing."""
        asked_at = time.monotonic()
        digest = sha256(text.encode()).digest()  # so that no key stays in memory
        caller, good_until = self._known.get(digest, (None, 0.0))
        if caller is not None and asked_at < good_until:
            return caller
        if key_text.read(text) is None:
            return None  # neither the database nor a thread is spent on what is no key
        caller = await run_in_threadpool(_verified, text)
        if caller is None:
            self._known.pop(digest, None)
            return None
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = (caller, asked_at + self._remember_s)
        return caller

    def is_use_due(self, key_id: str) -> bool:
        """Whether the last use that was noted is long enough ago."""
        return time.monotonic() >= self._noted.get(key_id, 0.0)

    def note_use(self, key_id: str) -> None:
        """Write when the key was used. Failing is no harm: the next minute tries again."""
        if not self.is_use_due(key_id):
            return
        self._noted[key_id] = time.monotonic() + keys.USE_NOTED_EVERY_S
        try:
            with transaction() as session:
                keys.used(session, key_id)
        except SQLAlchemyError as error:
            _log.warning("the last use of a key was not noted", key=key_id, error=str(error))


async def caller_of(
    request: Request,
    after_the_answer: BackgroundTasks,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Caller:
    """Who asks.

    Raises:
        Problem: `unauthenticated`, which never says why a key opens nothing; `rate_limited`.
    """
    if given is None:
        raise _unauthenticated("send a key: Authorization: Bearer psk_…")
    keyring: Keyring = request.app.state.keyring
    caller = await keyring.caller(given.credentials)
    if caller is None:
        raise _unauthenticated("this key opens nothing")
    if keyring.is_use_due(caller.key_id):
        after_the_answer.add_task(keyring.note_use, caller.key_id)
    bind_contextvars(tenant=caller.tenant, key_id=caller.key_id)
    acts.begin(request, caller)
    await budgets.spend_request(request, caller.key_id, caller.requests_per_min)
    return caller


def needs(scope: str) -> Any:
    """What a route or router puts among its `dependencies` so that it opens to this scope only."""
    if scope not in keys.SCOPES:
        raise ValueError(f"there is no scope {scope!r}")
    return Security(_allowed, scopes=[scope])


def any_key() -> Any:
    """For routes that tell only what every caller may know."""
    return Depends(caller_of)


def check_scope(caller: Caller, scope: str, what: str) -> None:
    """Let a caller do what it says only with this scope.

    Raises:
        Problem: `insufficient_scope`, naming the scope and what it is needed for.
    """
    if not caller.may(scope):
        raise Problem(
            "insufficient_scope",
            f"{what} needs a key with the scope {scope}",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


def check_order(caller: Caller, order: Order) -> None:
    """What an order asks for beyond jobs:write: training, and a place before everybody's.

    Raises:
        Problem: `insufficient_scope`.
    """
    if order.operation.queue == "train":
        check_scope(caller, "train", order.operation.op)
    if order.priority == 0:
        check_scope(caller, keys.ADMIN, "priority 0")


async def _allowed(scopes: SecurityScopes, caller: Annotated[Caller, Depends(caller_of)]) -> None:
    for scope in scopes.scopes:
        check_scope(caller, scope, "this")


def _verified(text: str) -> Caller | None:
    with reading() as session:
        key = keys.verify(session, text)
        if key is None:
            return None
        tenant = tenants.find(session, key.tenant)
        budgets = (tenant.max_requests_per_min, tenant.max_upload_bytes_per_day)
        return Caller(key.tenant, key.id, frozenset(key.scopes), *budgets)


def _unauthenticated(detail: str) -> Problem:
    return Problem("unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
