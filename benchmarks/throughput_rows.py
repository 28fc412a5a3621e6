"""What the table says of one system at one workload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

HEADER: Final = (
    f"{'workload':22} {'system':16} {'jobs/s':>12} {'η':>7} {'':8}{'p50 ms':>9} {'p99 ms':>9}"
    f" {'spread':>7}"
)


@dataclass(frozen=True, slots=True)
class Device:
    """What a worker's device did between two looks.

    Attributes:
        mean_batch: images in a batch; None if there was none.
        busy_share: of the time in which it had jobs, that in which a batch was on it.
    """

    mean_batch: float | None
    busy_share: float | None

    @classmethod
    def between(
        cls, before: Mapping[str, float], after: Mapping[str, float], *, worked_s: float
    ) -> Self:
        """From the numbers of two beats, and how long there was work between them."""
        batches, images, busy_s = (
            after.get(name, 0.0) - before.get(name, 0.0) for name in ("batches", "images", "busy_s")
        )
        return cls(
            mean_batch=round(images / batches, 1) if batches else None,
            busy_share=round(busy_s / worked_s, 3) if worked_s else None,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One system at one workload; medians of its turns, `spread` their range over the median.

    Attributes:
        eta: jobs per second over the raw loop's in the same run; None without a raw loop.
        cpu_s_per_1000: of Packshot's worker, as the numbers behind it.
    """

    system: str
    workload: str
    jobs_per_s: float
    eta: float | None
    durable: bool
    p50_ms: float
    p99_ms: float
    spread: float
    jobs: int
    cpu_s_per_1000: float | None = None
    mean_batch: float | None = None
    busy_share: float | None = None
    peak_mb: float | None = None

    def in_words(self) -> str:
        eta = "" if self.eta is None else f"{self.eta:.3f}"
        kept = "durable" if self.durable else ""
        line = (
            f"{self.workload:22} {self.system:16} {self.jobs_per_s:>12,.1f} {eta:>7} {kept:8}"
            f"{self.p50_ms:>9.1f} {self.p99_ms:>9.1f} {self.spread:>7.0%}"
        )
        if self.cpu_s_per_1000 is None:
            return line
        return (
            f"{line}   {self.cpu_s_per_1000:.2f} CPU s per 1,000, batches of {self.mean_batch}, "
            f"device busy {self.busy_share or 0:.0%}, {self.peak_mb:.0f} MB"
        )
