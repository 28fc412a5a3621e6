"""The signal that ends this process, heard before the server begins to wait for its clients."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard(then: Callable[[], None]) -> Iterator[None]:
    """Call `then` in this event loop at SIGINT or SIGTERM; the server's own handler runs too.

    The lifespan's end is too late: the server first waits until the last client has its answer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are another's, as in tests
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _ENDING}

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(then)
        theirs = before[signal.Signals(number)]
        if callable(theirs):
            theirs(number, frame)

    for number in _ENDING:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
