"""At most so often: for what costs nearly the same for one job as for many."""

import math
import time

EVERY_S = 0.01


class Pace:
    """Whoever comes after a pause goes on at once; whoever comes soon again waits, and has company.

    Args:
        every_s: between two starts.
    """

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s, self._last_at = every_s, -math.inf

    def wait(self) -> None:
        """Until it is time; by one thread at a time."""
        soon_s = self._last_at + self._every_s - time.monotonic()
        if soon_s > 0:
            time.sleep(soon_s)
        self._last_at = time.monotonic()
