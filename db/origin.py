"""Who asks for what is written now: the request that jobs name, and whom rows are made by."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

LONGEST_ID: Final = 64

# In place of a key's id, which has more characters.
MESSAGE: Final = "message"
OURSELVES: Final = "packshot"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked: a request of the API, or a message; else nobody but Packshot itself.

    Attributes:
        made_by: the id of the key, or one of the two words above.
    """

    request_id: str | None = None
    made_by: str = OURSELVES


_NOBODY: Final = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)


@contextmanager
def of(request_id: str, *, made_by: str = OURSELVES) -> Iterator[None]:
    """What this task writes in the block, and the threads that it starts there, comes from it."""
    before = _current.set(Origin(request_id[:LONGEST_ID] or None, made_by))
    try:
        yield
    finally:
        _current.reset(before)


def asked_by(key_id: str) -> None:
    """From here on the request is known to be this key's."""
    _current.set(replace(_current.get(), made_by=key_id))


def current() -> Origin:
    """Of what is written now; without a name where nobody asked, as by a rule."""
    return _current.get()
