"""How far a run of the chaos is: a line a second, and whether anything still moves."""

import time

from benchmarks.chaos_cast import Cast
from benchmarks.chaos_faults import Director
from benchmarks.chaos_receiver import Heard
from benchmarks.chaos_submit import Storefronts
from benchmarks.chaos_watch import Watch


class Progress:
    """A line a second."""

    def __init__(
        self,
        cast: Cast,
        storefronts: Storefronts,
        watch: Watch,
        director: Director,
        heard: Heard,
    ) -> None:
        self._cast, self._heard = cast, heard
        self._storefronts, self._watch, self._director = storefronts, watch, director
        self._began = self._moved_at = self._told_at = time.monotonic()
        self._seen = (0, 0, 0)

    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def stands_still_s(self) -> float:
        """Since a job was accepted, ended, or told of."""
        seen = (len(self._storefronts.accepted), self._watch.open, len(self._heard.jobs))
        if seen != self._seen:
            self._seen, self._moved_at = seen, time.monotonic()
        return time.monotonic() - self._moved_at

    def tell(self) -> None:
        """A line, if the last one is a second old."""
        if time.monotonic() < self._told_at + 1:
            return
        self._told_at = time.monotonic()
        up = len(self._watch.ready & self._cast.working())
        print(
            f"{self.seconds():6.0f} s  accepted {len(self._storefronts.accepted)}"
            f"  open {self._watch.open}  told {len(self._heard.jobs)}  workers {up}"
            f"  faults {self._director.done.total()}  {self._director.last}",
            flush=True,
        )
