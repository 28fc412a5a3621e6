"""Signing in with a key, and out again; and the files that every page loads."""

from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from limits import RateLimitItemPerMinute
from starlette.concurrency import run_in_threadpool

from api import acts
from api.admin import assets, forms, pages, session
from api.admin.door import SIGN_IN, Sent, SignedIn, check_same_site, inside
from api.auth import Caller, Keyring
from api.counters import Counting
from api.errors import Problem
from db import keys
from db.engine import transaction

FAILURES: Final = RateLimitItemPerMinute(10, namespace="sign-ins")
"""Failed tries of one address in a minute."""
router = APIRouter(prefix="/admin")
_log = structlog.get_logger(__name__)


@router.get("/sign-in")
async def form(request: Request) -> Response:
    """The form; it says nothing of what is behind it."""
    request.state.tell_problem = pages.tell_problem
    return _form(request, inside(request.query_params.get("next", "")))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Whoever holds a live key with the scope `admin` is let in."""
    request.state.tell_problem = pages.tell_problem
    check_same_site(request)
    sent = await forms.read(request)
    back = inside(sent.get("next", ""))
    counting: Counting = request.app.state.counting
    who = request.client.host if request.client else ""
    left = await counting.look(FAILURES, who, 1)
    if left is not None and not left.spent:
        raise Problem(
            "too_many_sign_ins",
            "wait a little before the next try",
            headers={"Retry-After": str(left.resets_in_s)},
        )
    keyring: Keyring = request.app.state.keyring
    caller = await keyring.caller(sent.get("key", "").strip())
    if caller is None or not caller.may(keys.ADMIN):
        await counting.spend(FAILURES, who, 1)
        _log.warning(
            "a sign-in was refused", address=who, key=None if caller is None else caller.key_id
        )
        return _form(request, back, refused=True)
    answer = RedirectResponse(back, status_code=303, headers=pages.HEADERS)
    session.begin(answer, caller.key_id)
    await run_in_threadpool(_on_record, request, caller)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, admin: SignedIn, _sent: Sent) -> Response:
    """This browser's session is over."""
    await run_in_threadpool(_on_record, request, admin.caller)
    answer = RedirectResponse(SIGN_IN, status_code=303, headers=pages.HEADERS)
    session.end(answer)
    return answer


@router.get("/static/{name:path}")
async def static(name: str, request: Request) -> Response:
    """A style or a script; nothing in it is anybody's secret."""
    found = assets.find(name)
    if found is None:
        raise Problem("not_found", "there is no such file")
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    headers = kept if request.url.query else {"Cache-Control": "no-cache"}
    return Response(found.data, media_type=found.media_type, headers=headers)


def _form(request: Request, back: str, *, refused: bool = False) -> Response:
    status = 401 if refused else 200
    return pages.show(request, "sign_in.html", status=status, back=back, refused=refused)


def _on_record(request: Request, caller: Caller) -> None:
    acts.begin(request, caller)
    with transaction() as db:
        keys.used(db, caller.key_id)
