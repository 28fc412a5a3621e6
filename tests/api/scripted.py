"""A real HTTP server whose answers a test writes down, for the client and the command line."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CUT = "cut"
"""In place of an answer: the connection ends without one."""


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Server:
    url: str
    asked: list[Asked]

    def bodies(self, path: str) -> list[Any]:
        return [one.json() for one in self.asked if one.path == path and one.method == "POST"]


@contextmanager
def serving(answer: Callable[[Asked], Any]) -> Iterator[Server]:
    """Answer every request with what `answer` gives: a body, an Answer, or CUT."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            one = Asked(self.command, self.path, dict(self.headers.items()), body)
            asked.append(one)
            given = answer(one)
            if given is CUT:
                self.close_connection = True
                return
            self._write(given if isinstance(given, Answer) else Answer(body=given))

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def _write(self, given: Answer) -> None:
            raw = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
            self.send_response(given.status)
            for name, value in {"Content-Length": str(len(raw)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Server(f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
            thread.join()
