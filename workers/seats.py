"""Who may compute: as many hands at a time as there are cores, and each with its share of them.

Hands wait most of their time, so there are many; but two that decode on one core only take it, the
caches and Python's lock from each other: pictures come at half the rate. Whoever waits for others'
work, or for the database, gives the seat to somebody else meanwhile.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from workers import torch_threads

WORTH_SHARING_PX = 500_000
"""An operation on fewer pixels takes no longer than waking a second thread for it."""


class Seats:
    """So many seats; a thread has one or none.

    Args:
        count: how many may compute at a time.
        threads: of torch, for whoever computes alone on a large picture; several share them.
    """

    def __init__(self, count: int, *, threads: int) -> None:
        self._count, self._threads = count, threads
        self._taken = 0
        self._changed = threading.Condition()
        self._mine = threading.local()

    @contextmanager
    def taken(self, *, pixels: int) -> Iterator[None]:
        """For a stretch of computing on so many pixels; waits until a seat is free."""
        self._mine.threads = self._threads if pixels >= WORTH_SHARING_PX else 1
        self._sit()
        self._mine.sits = True
        try:
            yield
        finally:
            self._mine.sits = False
            self._rise()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While this thread waits; nothing happens where it has no seat."""
        if not getattr(self._mine, "sits", False):
            yield
            return
        self._rise()
        try:
            yield
        finally:
            self._sit()

    def _sit(self) -> None:
        with self._changed:
            while self._taken >= self._count:
                self._changed.wait()
            self._taken += 1
            share = max(1, self._mine.threads // self._taken)
        torch_threads.use(share)

    def _rise(self) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify()
