"""The guarded way out: one request to an address that was checked, within limits, no detours.

A host is looked up once, every address it has must pass, and one of those is connected to, with the
name in `Host` and in the certificate's check. Nothing reads a proxy from the environment, and a
redirect is an answer like any other.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any, Final

import httpcore2

from db import addresses
from db.addresses import Allowed
from db.urls import Address, Place, Refused

MOST_BYTES: Final = 64_000

Resolve = Callable[[str, int], Sequence[Address]]


class Failed(Exception):
    """There was no answer; the code says whose doing that is."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; of the body as much as was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def certificates() -> ssl.SSLContext:
    """Whom we believe: the system's authorities, or those of SSL_CERT_FILE."""
    return httpcore2.default_ssl_context()


def look_up(host: str, port: int) -> Sequence[Address]:
    """Every address of a host.

    Raises:
        Failed: `url_unresolved`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failed("url_unresolved", str(error)) from error
    return [ip_address(address[0]) for *_, address in found]


def post(
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    allowed: Allowed,
    longest_s: float,
    resolve: Resolve = look_up,
    trust: ssl.SSLContext | None = None,
) -> Reply:
    """Send a body and read what is answered, `MOST_BYTES` of it, within `longest_s` in all.

    Raises:
        Failed: refused by us, not reached, not in time, or no HTTP.
    """
    until = time.monotonic() + longest_s
    try:
        place = addresses.check(url, allowed)
        literal = place.literal()
        found = [literal] if literal else list(dict.fromkeys(resolve(place.host, place.port)))
        addresses.check_addresses(found, place.host, allowed)
    except Refused as error:
        raise Failed(error.code, error.detail) from error
    try:
        return _exchange(place, headers, body, _Checked(found, until), trust or certificates())
    except httpcore2.TimeoutException as error:
        raise Failed("url_timeout", f"no answer within {longest_s:g} s") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise Failed("url_unreachable", str(error) or type(error).__name__) from error


def _exchange(
    place: Place,
    headers: Mapping[str, str],
    body: bytes,
    backend: httpcore2.NetworkBackend,
    trust: ssl.SSLContext,
) -> Reply:
    url = httpcore2.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
    sent = {"Host": place.authority(), "Connection": "close", **headers}
    with (
        httpcore2.ConnectionPool(ssl_context=trust, network_backend=backend) as pool,
        pool.stream("POST", url, headers=list(sent.items()), content=body) as answer,
    ):
        received = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in answer.headers
        }
        return Reply(answer.status, received, _beginning(answer))


def _beginning(answer: httpcore2.Response) -> bytes:
    """What came of the body before it was too much, too late or cut off: the status stands."""
    read = b""
    try:
        for piece in answer.iter_stream():
            read += piece
            if len(read) >= MOST_BYTES:
                break
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        return read[:MOST_BYTES]
    return read[:MOST_BYTES]


class _Checked(httpcore2.NetworkBackend):
    """Connects to the addresses that were checked, whatever a name may lead to by now."""

    def __init__(self, found: Sequence[Address], until: float) -> None:
        self._addresses, self._until = found, until
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("the host has no address")
        for number, address in enumerate(self._addresses):
            share_s = _left(self._until) / (len(self._addresses) - number)
            try:
                stream = self._sockets.connect_tcp(
                    str(address), port, share_s, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, self._until)
        raise failure


class _Timed(httpcore2.NetworkStream):
    """A stream on which all reads and writes together have only so long."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._until))
        return _Timed(secured, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise httpcore2.ReadTimeout("out of time")
    return seconds
