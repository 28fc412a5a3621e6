"""Which calls wait, and which of them are the next batch. Knows no thread and no device."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from workers.calls import Call, Door
from workers.caps import Caps

RARE_S: Final = 0.25
"""Whoever has waited for so long goes first, however full other buckets are."""

Key = tuple[Hashable, ...]


@dataclass(slots=True)
class Bucket:
    """Calls that may share a batch: of one door, with arguments of the same shapes and types."""

    key: Key
    door: Door
    calls: list[Call] = field(default_factory=list)
    images: int = 0

    def since(self) -> float:
        return self.calls[0].since

    def urgency(self) -> tuple[int, float]:
        """The smallest is served first: by priority, then by how long it has waited."""
        return min(call.priority for call in self.calls), self.since()


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes to the device together, and whether others of its kind have to wait."""

    key: Key
    door: Door
    calls: list[Call]
    leaves_some: bool = False


class Buckets:
    """Calls by their kind, in the order in which they came.

    Args:
        caps: how many images a batch may hold.
        wait_s: how long a call waits for company that may still come.
    """

    def __init__(self, caps: Caps, *, wait_s: float) -> None:
        self._caps, self._wait_s = caps, wait_s
        self._waiting: dict[Key, Bucket] = {}
        self.calls = 0

    def add(self, network: Hashable, door: Door, call: Call) -> None:
        """Nothing is padded: only what has the same shape shares a batch."""
        key = (network, *((tuple(a.shape[1:]), a.dtype) for a in call.arguments))
        bucket = self._waiting.get(key)
        if bucket is None:
            bucket = self._waiting[key] = Bucket(key, door)
        bucket.calls.append(call)
        bucket.images += call.n
        self.calls += 1

    def ready(self, now: float, *, nobody_else_comes: bool) -> Bucket | None:
        """The bucket to serve now: the overdue, else a full one, else what has waited enough."""
        if not self._waiting:
            return None
        oldest = min(self._waiting.values(), key=Bucket.since)
        if now - oldest.since() >= max(RARE_S, self._wait_s):
            return oldest
        if (full := self.full()) is not None:
            return full
        served = [
            bucket
            for bucket in self._waiting.values()
            if nobody_else_comes or now - bucket.since() >= self._wait_s
        ]
        return min(served, key=Bucket.urgency, default=None)

    def full(self) -> Bucket | None:
        """The most urgent of those that fill a batch."""
        full = [bucket for bucket in self._waiting.values() if self._is_full(bucket)]
        return min(full, key=Bucket.urgency, default=None)

    def due_at(self) -> float | None:
        """When the first of them will have waited enough; None if nobody waits."""
        since = min((bucket.since() for bucket in self._waiting.values()), default=None)
        return None if since is None else since + self._wait_s

    def take(self, bucket: Bucket) -> Batch:
        """As many calls as fit its cap, the urgent first, at least one; the rest keeps waiting."""
        calls = sorted(bucket.calls, key=lambda call: call.priority)
        room = self._caps.of(bucket.key, calls[0]) - calls[0].n
        count = 1
        while count < len(calls) and calls[count].n <= room:
            room -= calls[count].n
            count += 1
        taken, left = calls[:count], calls[count:]
        if left:
            bucket.calls = sorted(left, key=lambda call: call.since)
            bucket.images -= sum(call.n for call in taken)
        else:
            del self._waiting[bucket.key]
        self.calls -= count
        return Batch(bucket.key, bucket.door, taken, leaves_some=bool(left))

    def clear(self) -> list[Call]:
        """Everybody, and nobody waits any more."""
        left = [call for bucket in self._waiting.values() for call in bucket.calls]
        self._waiting.clear()
        self.calls = 0
        return left

    def _is_full(self, bucket: Bucket) -> bool:
        return bucket.images >= self._caps.of(bucket.key, bucket.calls[0])
