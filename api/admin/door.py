"""Who may look: a browser that signed in with an operator's key, and whose forms are ours."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import BackgroundTasks, Depends, Request

from api import acts, budgets
from api.admin import forms, session
from api.admin.pages import tell_problem
from api.auth import Caller, Keyring
from api.errors import Problem
from db import keys

SIGN_IN = "/admin/sign-in"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"


class NotSignedIn(Exception):
    """Nobody is signed in; `back` is where they wanted to go."""

    def __init__(self, back: str) -> None:
        super().__init__("sign in")
        self.back = back

    @property
    def address(self) -> str:
        return f"{SIGN_IN}?next={quote(self.back, safe='/')}"


@dataclass(frozen=True, slots=True)
class Admin:
    """Who is signed in, and what their forms send back."""

    caller: Caller
    csrf: str

    @property
    def tenant(self) -> str:
        return self.caller.tenant


async def _signed_in(request: Request, after_the_answer: BackgroundTasks) -> Admin:
    """Who looks.

    Raises:
        NotSignedIn: the session is over, or the key that it names opens nothing more.
        Problem: `rate_limited`.
    """
    request.state.tell_problem = tell_problem
    found = session.read(request.cookies.get(session.COOKIE))
    keyring: Keyring = request.app.state.keyring
    caller = None if found is None else await keyring.holder(found.key_id)
    if found is None or caller is None or not caller.may(keys.ADMIN):
        raise NotSignedIn(_here(request))
    request.state.admin = admin = Admin(caller, found.csrf)
    if keyring.is_use_due(caller.key_id):
        after_the_answer.add_task(keyring.note_use, caller.key_id)
    await budgets.spend_request(request, caller.key_id, caller.requests_per_min)
    return admin


SignedIn = Annotated[Admin, Depends(_signed_in)]


async def _sent(request: Request, admin: SignedIn) -> Mapping[str, str]:
    """What a form of this session says; from here on the request is its sender's act.

    Raises:
        Problem: `forged_form`: another page sent it, or a session that is over.
    """
    sent = await forms.read(request, most=request.app.state.settings.max_json_bytes)
    check_same_site(request)
    told = request.headers.get(CSRF_HEADER) or sent.get(CSRF_FIELD, "")
    if not hmac.compare_digest(told.encode(), admin.csrf.encode()):
        raise Problem("forged_form", "load the page again, and send it from there")
    acts.begin(request, admin.caller)
    return {name: value for name, value in sent.items() if name != CSRF_FIELD}


Sent = Annotated[Mapping[str, str], Depends(_sent)]


def check_same_site(request: Request) -> None:
    """Browsers say where a request comes from.

    Raises:
        Problem: `forged_form`: another site sent it.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem("forged_form", "another site sent this")


def inside(address: str) -> str:
    """A place on this page to go on to; whatever else a link says is not followed."""
    is_ours = address == "/admin" or address.startswith("/admin/")
    return address if is_ours and address.isprintable() and "\\" not in address else "/admin"


def _here(request: Request) -> str:
    """The page that somebody wanted, or came from."""
    if request.method != "GET" or request.headers.get("hx-request") == "true":
        return "/admin"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
