"""Writes that outlive a database which does not answer for a while."""

import itertools
import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from sqlalchemy import exc

# What passes by itself: a busy file, a deadlock, a server that is starting again.
# (InternalError: a transaction that idled, in a process that was frozen, was ended by its server.)
TRANSIENT: Final = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)
_PAUSES_S: Final = (0.05, 0.1, 0.2, 0.5)
_LAST_PAUSE_S: Final = 1.0

Written = TypeVar("Written")
_log = structlog.get_logger(__name__)


def patiently(write: Callable[[], Written], *, patience_s: float) -> Written:
    """Do a whole transaction, again if it did not come through; it must be safe to repeat.

    Raises:
        sqlalchemy.exc.OperationalError: the database did not answer in that time.
    """
    give_up = time.monotonic() + patience_s
    for pause_s in itertools.chain(_PAUSES_S, itertools.repeat(_LAST_PAUSE_S)):
        try:
            return write()
        except TRANSIENT as error:
            if time.monotonic() + pause_s > give_up:
                raise
            _log.warning("a write is tried again", error=str(error))
            time.sleep(pause_s)
    raise AssertionError  # the pauses never end
