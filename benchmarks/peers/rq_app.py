"""RQ: one image a job, the network loaded once in each worker.

A worker that forks for each job, as RQ's own does, would load the network for each: whoever serves
a network takes its SimpleWorker. As a program of its own it is who sends the jobs.
"""

import time

from redis import Redis
from rq import Queue

from benchmarks.peers import settings
from benchmarks.throughput_system import Drained, serve
from benchmarks.throughput_work import Numbers

_ANSWERED_WITHIN_S = 1_800


def infer(number: int) -> Numbers:
    return settings.desk().done(number)


def drain(count: int) -> Drained:
    since = time.perf_counter()
    sent = [_queue.enqueue("benchmarks.peers.rq_app.infer", number) for number in range(count)]
    for job in sent:
        result = job.latest_result(timeout=_ANSWERED_WITHIN_S)
        if result is None or result.return_value is None:
            raise RuntimeError(f"job {job.id} has no answer")
    return Drained(time.perf_counter() - since, [])


if __name__ == "__main__":
    _queue = Queue(connection=Redis.from_url(settings.get().broker, socket_timeout=None))
    drain(16)  # each worker has its network then
    serve(drain)
