"""The size of batches at which an image takes the least time, found while they are computed.

On a GPU that is the largest. On a CPU large pictures may be in each other's way in the caches.
"""

import math
from statistics import median
from typing import Final

TRIES: Final = 5
"""Full batches of each size; their median counts."""

WORTH_IT: Final = 0.95
"""A smaller size must take less than this share of the larger one's time for an image."""

AGAIN_AFTER: Final = 2_000
"""Full batches, until all is tried anew: what else the machine does changes."""


class Fastest:
    """As many as may be, or half, or a quarter …, as long as that is faster."""

    def __init__(self) -> None:
        self._halvings = self._best = 0
        self._best_s = math.inf
        self._tried_s: list[float] = []
        # Batches since the best was found; None while others are tried.
        self._since: int | None = None

    def of(self, limit: int) -> int:
        """Images in the next batch, where so many may be."""
        return max(1, limit >> self._halvings)

    def ran(self, images: int, *, image_s: float) -> None:
        """A full batch, as `of` had it, took so long for each image."""
        if self._since is None:
            self._tried_s.append(image_s)
            if len(self._tried_s) >= TRIES:
                self._judge(median(self._tried_s), is_alone=images == 1)
                self._tried_s = []
        elif self._since < AGAIN_AFTER:
            self._since += 1
        else:
            self._halvings, self._best, self._best_s, self._since = 0, 0, math.inf, None

    def _judge(self, image_s: float, *, is_alone: bool) -> None:
        if image_s >= WORTH_IT * self._best_s:
            self._halvings, self._since = self._best, 0
            return
        self._best, self._best_s = self._halvings, image_s
        if is_alone:
            self._since = 0
        else:
            self._halvings += 1
