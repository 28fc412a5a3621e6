"""Storefronts that listen for webhooks, most of them badly: raw sockets, one thread each."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[[socket.socket], None]


@dataclass
class Receiver:
    """Where it listens, and what each connection began with."""

    port: int
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def listening(behave: Behave, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A server on this machine; each request is read whole, then `behave` has the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = Receiver(server.getsockname()[1])
        stop = threading.Event()
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                thread = threading.Thread(target=_serve, args=(connection, behave, tls, receiver))
                threads.append(thread)
                thread.start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield receiver
        finally:
            stop.set()
            server.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for thread in threads:
                thread.join(30)


def saying(raw: bytes) -> Behave:
    """Answers with these bytes and hangs up."""
    return lambda connection: connection.sendall(raw)


def answering(status: int, body: bytes = b"", **headers: str) -> Behave:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return saying("\r\n".join([*lines, "", ""]).encode() + body)


def dribbling(start: bytes, drop: bytes, *, pause_s: float = 0.05) -> Behave:
    """Says the start, then one drop after another until nobody listens."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop)
            time.sleep(pause_s)

    return behave


def silent(connection: socket.socket) -> None:
    """Takes the request and says nothing until the other side hangs up."""
    while connection.recv(4096):
        pass


def _serve(
    connection: socket.socket, behave: Behave, tls: ssl.SSLContext | None, receiver: Receiver
) -> None:
    connection.settimeout(20)
    # The sender hangs up when it has had enough, as tests want it to.
    with suppress(OSError), _secured(connection, tls) as secured:
        receiver.heard.append(_request(secured))
        behave(secured)
        secured.shutdown(socket.SHUT_WR)
        silent(secured)  # so that what was said is read before the connection is gone


@contextmanager
def _secured(connection: socket.socket, tls: ssl.SSLContext | None) -> Iterator[socket.socket]:
    with connection:
        if tls is None:
            yield connection
        else:
            with tls.wrap_socket(connection, server_side=True) as secured:
                yield secured


def _request(connection: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        piece = connection.recv(65_536)
        if not piece:
            return read
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
