"""The plain Celery recipe: one image a task, the network loaded once in each process.

`celery -A benchmarks.peers.celery_app worker`; as a program of its own it is who sends the tasks.
"""

import time

from celery import Celery

from benchmarks.peers import settings
from benchmarks.throughput_system import Drained, serve
from benchmarks.throughput_work import Numbers

_broker = settings.get().broker
app = Celery("plain", broker=_broker, backend=_broker)


@app.task(name="infer")
def infer(number: int) -> Numbers:
    return settings.desk().done(number)


def drain(count: int) -> Drained:
    since = time.perf_counter()
    sent = [infer.delay(number) for number in range(count)]
    for result in sent:
        result.get()
    return Drained(time.perf_counter() - since, [])


if __name__ == "__main__":
    drain(16)  # each process has its network then
    serve(drain)
