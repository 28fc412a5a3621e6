"""BentoML with adaptive batching: it puts the numbers of many requests into one call."""

import bentoml

from benchmarks.peers import settings
from benchmarks.throughput_work import Numbers
from benchmarks.throughput_workloads import MAX_BATCH


@bentoml.service(workers=1, traffic={"timeout": 600})
class Peer:
    def __init__(self) -> None:
        self.desk = settings.desk()

    @bentoml.api(batchable=True, max_batch_size=MAX_BATCH, max_latency_ms=60_000)
    def infer(self, numbers: list[int]) -> list[Numbers]:
        jobs = [self.desk.opened(number) for number in numbers]
        clean = self.desk.worked(jobs)
        return [self.desk.closed(*pair) for pair in zip(jobs, clean, strict=True)]
