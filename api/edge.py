"""Around every request: an id, which its lines and jobs have too, and the headers of its answer."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from api.settings import ApiSettings
from db import origin
from db.ids import new_id

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT: Final[Mapping[str, str]] = {"Strict-Transport-Security": "max-age=31536000"}
"""A browser that has heard it comes to this host by https alone, for a year."""


class Edge:
    """ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app, self._headers = app, headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        # Never taken back: the server logs what we raise after this has returned.
        clear_contextvars()
        bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                told["X-Request-Id"] = request_id
                for name, value in (
                    *scope["state"].get("headers", {}).items(),
                    *self._headers.items(),
                ):
                    told.setdefault(name, value)
            await send(message)

        with origin.of(request_id):
            await self._app(scope, receive, send_with_headers)


def headers(settings: ApiSettings) -> Mapping[str, str]:
    """What every answer has."""
    return {**HEADERS, **STRICT} if settings.is_reached_by_tls() else HEADERS


def _id_of(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _SAFE_ID.fullmatch(given) else new_id()
