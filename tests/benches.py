"""A bench at which a test performs jobs, as a worker's hand does."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from workers.batcher import Batcher
from workers.committer import Committer
from workers.leases import Leases
from workers.perform import Bench
from workers.warm import Warm


@contextmanager
def set_up(*, max_batch: int) -> Iterator[Bench]:
    """Of a worker called `worker`, on the CPU."""
    batcher = Batcher(torch.device("cpu"), max_batch=max_batch, wait_s=0.001)
    committer = Committer(patience_s=1)
    committer.start()
    leases = Leases("worker", lease_s=60, state=lambda: "ready")
    yield Bench(leases, Warm(batcher), committer, batcher.seats)
    committer.stop()
    batcher.stop()
