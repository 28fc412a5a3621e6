"""Around every request: an id, who may ask at all, and headers that keep browsers careful."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem
from api.handlers import respond
from api.settings import ApiSettings, is_this_machine
from db.ids import new_id

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PORT = re.compile(r":\d+$")
_READING = ("GET", "HEAD", "OPTIONS")
_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Edge:
    """ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _id_of(headers)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                told["X-Request-Id"] = request_id
                for name, value in _HEADERS.items():
                    told.setdefault(name, value)
            await send(message)

        refusal = _refusal(scope["method"], headers, self._settings)
        app = self._app if refusal is None else respond(Request(scope), refusal)
        await app(scope, receive, send_with_headers)


def _id_of(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _SAFE_ID.fullmatch(given) else new_id()


def _refusal(method: str, headers: Headers, settings: ApiSettings) -> Problem | None:
    """Without keys, any page in a browser here could reach us: by rebinding a name, or blindly."""
    if settings.allow_open:
        return None
    host = _PORT.sub("", headers.get("host", ""))
    if not is_this_machine(host):
        return Problem("host_not_allowed", f"{host[:100]!r} is no name of this machine")
    if method not in _READING and headers.get("sec-fetch-site") == "cross-site":
        return Problem("cross_site_request", "only this machine's own pages and programs may")
    return None
