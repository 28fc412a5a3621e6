"""A shop's backend in front of an HTTP peer: 64 connections, each asks again when it is answered.

A hand-written client, because any library's would cost more than some of the servers. Nothing is
durable: a request that was open when its server died is lost to all but the shop that asked.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.throughput_system import Drained

IN_FLIGHT: Final = 64
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Refused(RuntimeError):
    """A peer answered, but not with what it was asked for."""


@dataclass(frozen=True, slots=True)
class Http:
    """A peer behind a port.

    Attributes:
        body: what it wants to hear for a job of this number.
    """

    name: str
    port: int
    path: str
    body: Callable[[int], object]
    durable: bool = False

    def drain(self, count: int) -> Drained:
        return asyncio.run(self._drain(count))

    async def _drain(self, count: int) -> Drained:
        numbers, waited_s = iter(range(count)), list[float]()
        open_ones = await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", self.port) for _ in range(min(count, IN_FLIGHT)))
        )
        try:
            since = time.perf_counter()
            await asyncio.gather(*(self._ask(one, numbers, waited_s) for one in open_ones))
            return Drained(time.perf_counter() - since, waited_s)
        finally:
            for _, writer in open_ones:
                writer.close()

    async def _ask(
        self, connection: _Connection, numbers: Iterator[int], waited_s: list[float]
    ) -> None:
        reader, writer = connection
        for number in numbers:
            since = time.perf_counter()
            writer.write(self._request(number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            answer = await reader.readexactly(int(length[1]) if length else 0)
            if not head.startswith(b"HTTP/1.1 200 ") or not answer:
                raise Refused(f"{self.name} answers {head[:40]!r} {answer[:200]!r}")
            waited_s.append(time.perf_counter() - since)

    def _request(self, number: int) -> bytes:
        body = json.dumps(self.body(number)).encode()
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body
