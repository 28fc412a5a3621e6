"""How long a job waits for its result while others come, at a share of what can be done."""

import statistics
from dataclasses import dataclass

from benchmarks.throughput_packshot import Packshot
from benchmarks.throughput_workloads import Workload


@dataclass(frozen=True, slots=True)
class Loaded:
    """From when a message was due to its result's commit, in milliseconds."""

    workload: str
    share: float
    jobs_per_s: float
    jobs: int
    p50_ms: float
    p95_ms: float
    p99_ms: float

    def in_words(self) -> str:
        return (
            f"{self.workload:22} at {self.share:.0%} of capacity, {self.jobs_per_s:,.1f} jobs/s: "
            f"p50 {self.p50_ms:,.1f}, p95 {self.p95_ms:,.1f}, p99 {self.p99_ms:,.1f} ms"
        )


def loaded(
    packshot: Packshot, workload: Workload, *, share: float, capacity: float, seconds: float
) -> Loaded:
    """Messages at this share of the rate at which they were taken when all were there at once."""
    per_s = share * capacity
    count = max(20, round(per_s * seconds))
    waited_ms = [1000 * seconds for seconds in packshot.paced(count, per_s=per_s)]
    percentiles = statistics.quantiles(waited_ms, n=100, method="inclusive")
    return Loaded(
        workload=workload.name,
        share=share,
        jobs_per_s=round(per_s, 2),
        jobs=count,
        p50_ms=round(percentiles[49], 2),
        p95_ms=round(percentiles[94], 2),
        p99_ms=round(percentiles[98], 2),
    )
