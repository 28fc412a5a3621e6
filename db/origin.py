"""The request that the jobs written now come from, so that whoever works on them can name it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

LONGEST_ID: Final = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked: a request of the API, or a message."""

    request_id: str | None = None


_NOBODY: Final = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)


@contextmanager
def of(request_id: str) -> Iterator[None]:
    """What this task writes in the block, and the threads that it starts there, comes from it."""
    before = _current.set(Origin(request_id[:LONGEST_ID] or None))
    try:
        yield
    finally:
        _current.reset(before)


def current() -> Origin:
    """Of what is written now; without a name where nobody asked, as by a rule."""
    return _current.get()
