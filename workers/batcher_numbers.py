"""What a batcher did so far, for whoever wants to know how busy the device is and why."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Numbers:
    """Sums since the start.

    Attributes:
        splits: batches that left calls of their kind waiting, for want of room.
        bisections: batches that failed and were tried again in halves.
        waited_s: what calls waited before their batch began, all together.
        busy_s: what the device worked on batches.
    """

    calls: int = 0
    batches: int = 0
    images: int = 0
    splits: int = 0
    bisections: int = 0
    out_of_memory: int = 0
    waited_s: float = 0.0
    busy_s: float = 0.0
    since: float = field(default_factory=time.monotonic)

    def told(self) -> dict[str, float | int]:
        """As a worker's row keeps them. Nothing is padded, so there is no number for it."""
        up_s = time.monotonic() - self.since
        return {
            "calls": self.calls,
            "batches": self.batches,
            "images": self.images,
            "mean_batch": round(self.images / max(1, self.batches), 2),
            "mean_wait_ms": round(1000 * self.waited_s / max(1, self.calls), 3),
            "mean_execution_ms": round(1000 * self.busy_s / max(1, self.batches), 3),
            "splits": self.splits,
            "bisections": self.bisections,
            "out_of_memory": self.out_of_memory,
            "busy_s": round(self.busy_s, 3),
            "busy_share": round(self.busy_s / max(up_s, 1e-9), 4),
            "up_s": round(up_s, 1),
        }
