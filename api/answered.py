"""The line, numbers and span of each request: what was asked, what came of it, how long it took."""

import time
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics
from db import tracing

_READS: Final = ("GET", "HEAD", "OPTIONS")
_log = structlog.get_logger(__name__)


class Answered:
    """ASGI middleware, inside of what gives a request its id.

    A stream of events counts until it begins, not until its reader leaves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, is_told = time.perf_counter(), False

        async def noticed(message: Message) -> None:
            nonlocal is_told
            if message["type"] == "http.response.start":
                is_told = True
                _tell(scope, message["status"], time.perf_counter() - began)
            await send(message)

        asked_in = Headers(scope=scope).get("traceparent")
        with tracing.continued(asked_in), tracing.span("request", method=scope["method"]):
            try:
                await self._app(scope, receive, noticed)
            except Exception:
                if not is_told:
                    _tell(scope, 500, time.perf_counter() - began)
                raise


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """By its route, not its path: a path may hold what is signed."""
    method = scope["method"]
    tracing.note(route=route(scope), status=status)
    metrics.answered(method, route(scope), status, seconds)
    is_worth_it = method not in _READS or status >= 500
    say = _log.info if is_worth_it else _log.debug
    say("answered", method=method, route=route(scope), status=status, ms=round(seconds * 1000, 1))


def route(scope: Scope) -> str:
    """As the API's description writes it; of what has none `-`."""
    return str(getattr(scope.get("route"), "path", "-"))
