"""Where the storefront hears of its jobs: one address that listens, one that is slow, one dead."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from standardwebhooks import Webhook, WebhookVerificationError

from benchmarks.chaos_load import TENANT
from db import endpoints
from db.engine import transaction

SLOW_S: Final = 12.0
EVENTS: Final = ("job.succeeded",)


@dataclass(slots=True)
class Heard:
    """What arrived at the address that listens.

    Attributes:
        jobs: the external ids of jobs that succeeded, each told at least once.
        told: how often anything arrived there.
        unsigned: how often with a signature that does not hold.
    """

    jobs: set[str] = field(default_factory=set)
    told: int = 0
    unsigned: int = 0
    secret: str = ""

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        self.told += 1
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.unsigned += 1
            return
        self.jobs.add(json.loads(body)["data"]["external_id"])


@contextmanager
def receivers() -> Iterator[Heard]:
    """All three, registered with the shop for the block."""
    heard = Heard()
    with _served(_listening(heard)) as listens, _served(_Slow) as slow:
        with transaction() as session:
            for url in (listens, slow, _nobody()):
                _, secret = endpoints.add(session, TENANT, url=url, events=EVENTS)
                heard.secret = heard.secret or secret
        yield heard


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _nobody() -> str:
    """An address at which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.take(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def take(self, body: bytes) -> None:
        raise NotImplementedError

    def log_message(self, *_: object) -> None:
        """Nothing: there are as many as jobs."""


class _Slow(_Handler):
    def take(self, body: bytes) -> None:  # noqa: ARG002
        time.sleep(SLOW_S)


def _listening(heard: Heard) -> type[_Handler]:
    class Listening(_Handler):
        def take(self, body: bytes) -> None:
            heard.take(body, dict(self.headers.items()))

    return Listening
