"""How many pixels this process may have decoded at a time: large pictures wait their turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PIXELS = 64_000_000


class Room:
    """A budget of pixels; one picture larger than all of it goes in alone."""

    def __init__(self, pixels: int = PIXELS) -> None:
        self._pixels = pixels
        self._taken = 0
        self._freed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Wait until there is room for so many pixels, and keep it for the block."""
        share = min(pixels, self._pixels)
        with self._freed:
            self._freed.wait_for(lambda: self._taken + share <= self._pixels)
            self._taken += share
        try:
            yield
        finally:
            with self._freed:
                self._taken -= share
                self._freed.notify_all()
