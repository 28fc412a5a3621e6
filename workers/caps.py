"""How many images a batch of one kind may hold: by numbers, time, memory, and what is fastest."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from workers.calls import Call
from workers.fastest import Fastest

MOST_NUMBERS: Final = 8_000_000
"""In one batch's largest argument: 2.7 megapixels of colour."""

LONGEST_BATCH_S: Final = 1.0
"""By its own measured rate: whoever comes meanwhile waits no longer for the device."""

GROWS_AFTER: Final = 50
"""Batches without an error, until one that ran out of memory may be an image larger again."""

_KINDS_KEPT: Final = 1_000


@dataclass(slots=True)
class _Cap:
    """What is known of one kind of batch.

    Attributes:
        first: what its numbers allow.
        memory: what fitted; at most `first`.
        fastest: what takes the least time for each image.
        clean: batches since the last that did not fit.
        image_s: what an image took in the last batch; 0 before the first.
    """

    first: int
    memory: int
    fastest: Fastest
    clean: int = 0
    image_s: float = 0.0

    def images(self) -> int:
        in_time = self.first if self.image_s == 0 else int(LONGEST_BATCH_S / self.image_s)
        return self.fastest.of(min(self.memory, in_time))


class Caps:
    """Remembers the kinds of batches that came last; what is forgotten starts anew."""

    def __init__(self, max_batch: int) -> None:
        self._max_batch = max_batch
        self._known: OrderedDict[Hashable, _Cap] = OrderedDict()

    def of(self, kind: Hashable, call: Call) -> int:
        """Images in a batch of calls like this one, at least one."""
        return self._cap(kind, call).images()

    def ran(self, kind: Hashable, call: Call, *, images: int, seconds: float) -> None:
        """So many went well together."""
        cap = self._cap(kind, call)
        if images == cap.images():
            cap.fastest.ran(images, image_s=seconds / images)
        cap.image_s = seconds / images
        cap.clean += 1
        if cap.clean >= GROWS_AFTER and cap.memory < cap.first:
            cap.memory, cap.clean = cap.memory + 1, 0

    def ran_out_of_memory(self, kind: Hashable, call: Call, *, images: int) -> None:
        """So many were too many."""
        cap = self._cap(kind, call)
        # A single call may have been larger than the cap: that teaches nothing about more.
        cap.memory, cap.clean = min(cap.memory, max(1, images // 2)), 0

    def _cap(self, kind: Hashable, call: Call) -> _Cap:
        cap = self._known.get(kind)
        if cap is None:
            largest = max(argument[0].numel() for argument in call.arguments)
            first = max(1, min(self._max_batch, MOST_NUMBERS // max(1, largest)))
            cap = self._known[kind] = _Cap(first, first, Fastest())
            if len(self._known) > _KINDS_KEPT:
                self._known.popitem(last=False)
        return cap
