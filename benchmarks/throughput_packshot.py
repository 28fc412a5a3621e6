"""Packshot itself under the stopwatch: its broker, its API, and one worker, all real processes."""

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import psutil
from PIL import Image
from sqlalchemy import func, select

from api import broker, key_file
from api.client import Client
from benchmarks import chaos_load
from benchmarks.chaos_cast import Actor, free_port
from benchmarks.chaos_submit import producer
from benchmarks.engine_archives import Archive
from benchmarks.throughput_system import Drained
from benchmarks.throughput_workloads import MAX_BATCH, SIGMA, Workload
from db.engine import reading
from db.tables.jobs import SUCCEEDED, Job
from models.data import samples
from workers import register, settings

READY_WITHIN_S: Final = 90.0
DRAINED_WITHIN_S: Final = 600.0
PICTURES: Final = 32
IN_A_BATCH: Final = 1_000
BEATS_EVERY_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.02


class Failed(RuntimeError):
    """A job under the stopwatch did not succeed: there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of handing jobs to it, as a system of the table.

    Attributes:
        alone: one job on an idle machine, from its submission to its commit, in seconds.
    """

    name: str
    drain: Callable[[int], Drained]
    alone: Callable[[], float]
    durable: bool = True


class Packshot:
    """A shop's machine that does one workload."""

    def __init__(self, client: Client, workload: Workload, worker: Actor) -> None:
        self._client, self._worker = client, worker
        self._pictures = [client.upload(data)["id"] for data in pictures(workload.side_px)]
        self._shop = producer(settings.get().broker())

    def ways(self) -> list[Way]:
        """A message for each job, taken from the broker; and batches, of which the rows are there.

        A message is counted from its sending. A batch is from when its queue may be worked on.
        """
        return [
            Way("packshot-single", self._messages, lambda: self.paced(1, per_s=1.0)[0]),
            Way("packshot-batch", self._batches, self._post),
        ]

    def paced(self, count: int, *, per_s: float) -> list[float]:
        """How long each message waits for its result's commit, sent so many a second.

        It waits from when it was due, whatever the producer does.
        """
        run, began = str(uuid4()), time.time()
        due = [began + number / per_s for number in range(count)]
        with self._shop.producer_or_acquire() as mail:
            for number, at in enumerate(due):
                time.sleep(max(0.0, at - time.time()))
                self._send(run, number, mail)
        ends = self._ends(count, Job.external_id == run)
        return [ends[f"{run}-{number}"].timestamp() - at for number, at in enumerate(due)]

    def numbers(self) -> dict[str, Any]:
        """What the worker last said of its device."""
        told = (one["numbers"] for one in self._client.workers() if one["queues"] == ["gpu"])
        return next((one for one in told if one), {})

    def cpu_s(self) -> float:
        """What the worker's process has used so far."""
        times = psutil.Process(self._worker.pid).cpu_times()
        return float(times.user + times.system)

    def peak_mb(self) -> float:
        """The most memory that the worker's process had."""
        with open(f"/proc/{self._worker.pid}/status") as status:  # noqa: PTH123 — of the kernel's
            kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        return int(kilobytes) / 1000

    def _messages(self, count: int) -> Drained:
        run, since = str(uuid4()), time.time()
        with self._shop.producer_or_acquire() as mail:
            for number in range(count):
                self._send(run, number, mail)
        ends = self._ends(count, Job.external_id == run)
        return Drained(max(ends.values()).timestamp() - since, [])

    def _batches(self, count: int) -> Drained:
        self._client.pause("gpu")
        sizes = [min(IN_A_BATCH, count - first) for first in range(0, count, IN_A_BATCH)]
        batches = [self._client.submit_batch(map(self._order, range(n)))["id"] for n in sizes]
        since = time.time()
        self._client.resume("gpu")
        ends = self._ends(count, Job.batch_id.in_(batches))
        return Drained(max(ends.values()).timestamp() - since, [])

    def _post(self) -> float:
        since = time.time()
        job_id = self._client.submit(self._order(0))["id"]
        (end,) = self._ends(1, Job.id == job_id).values()
        return end.timestamp() - since

    def _send(self, run: str, number: int, mail: Any) -> None:
        self._shop.send_task(
            "jobs.submit",
            kwargs={**self._order(number), "external_id": run},
            task_id=f"{run}-{number}",
            queue="gpu",
            producer=mail,
        )

    def _order(self, number: int) -> dict[str, object]:
        picture = self._pictures[number % len(self._pictures)]
        return {"operation": {"op": "denoise", "picture": picture, "sigma": SIGMA}}

    def _ends(self, count: int, which: Any) -> dict[str, datetime]:
        """When each of these was committed, by its idempotency key or id, once all are."""
        over = select(func.count()).where(which, Job.finished_at.is_not(None))
        give_up = time.monotonic() + DRAINED_WITHIN_S
        while True:
            with reading() as session:
                done = session.scalar(over) or 0
            if done >= count:
                break
            if time.monotonic() > give_up:
                raise TimeoutError(f"{done} of {count} jobs ended; {self._worker.log} says why")
            # A look takes as long as there are rows to count: it may not be what is measured.
            time.sleep(_LOOK_EVERY_S if count - done <= MAX_BATCH else 10 * _LOOK_EVERY_S)
        columns = (Job.idempotency_key, Job.id, Job.finished_at, Job.state, Job.error_detail)
        with reading() as session:
            rows = session.execute(select(*columns).where(which)).all()
        for *_, state, detail in rows:
            if state != SUCCEEDED:
                raise Failed(f"a job under the stopwatch is {state}: {detail}")
        return {key or job_id: end for key, job_id, end, *_ in rows if end is not None}


def pictures(side_px: int) -> list[bytes]:
    """Parts of a photograph that ships, each another."""
    photograph = Image.fromarray(samples.photographs()[0].pixels)
    found = []
    for number in range(PICTURES):
        left = number * (photograph.width - side_px) // PICTURES
        file = io.BytesIO()
        photograph.crop((left, 0, left + side_px, side_px)).save(file, "PNG")
        found.append(file.getvalue())
    return found


@contextmanager
def running(
    archive: Archive, workload: Workload, *, cores: int | None = None
) -> Iterator[Packshot]:
    """Started in an empty archive for the block; ready and warm when the block begins.

    Its worker may use so many of the cores, or all.
    """
    env = archive.enter(
        WORKER_BROKER_URL="",
        WORKER_DEVICE=workload.device,
        WORKER_PRECISION="float32",  # as the raw loop
        WORKER_MAX_BATCH=str(MAX_BATCH),
        WORKER_LEASE_S=str(3 * BEATS_EVERY_S),
        WORKER_SUBMIT_TENANT=chaos_load.TENANT,
        TIMED_WORKLOAD=workload.told,
    )
    del env["OMP_NUM_THREADS"]
    with ExitStack() as stack:
        key_file.ensure(chaos_load.TENANT)
        register.register()
        port = free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "api.main:build_app", *options]
        celery = [sys.executable, "-W", "ignore", "-m", "celery", "--quiet"]
        pinned = [] if cores is None else ["taskset", "-c", f"0-{cores - 1}"]
        worker = [*pinned, *celery, "-A", "benchmarks.throughput_worker", "worker", "-Q", "gpu"]
        actors = [
            Actor("broker", broker.command(), env, archive.home / "broker.log"),
            Actor("api", [*uvicorn, "--no-access-log"], env, archive.home / "api.log"),
            Actor("worker", [*worker, "-l", "warning"], env, archive.home / "worker.log"),
        ]
        for actor in actors:
            stack.callback(actor.end)
            actor.start()
        client = stack.enter_context(Client(f"http://127.0.0.1:{port}", key_file.read()))
        _until_ready(client, actors)
        yield Packshot(client, workload, actors[-1])


def _until_ready(client: Client, actors: Sequence[Actor]) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    while not (client.ready() and any(one["state"] == "ready" for one in client.workers())):
        gone = [one for one in actors if one.process is None or one.process.poll() is not None]
        if gone or time.monotonic() > give_up:
            logs = ", ".join(str(one.log) for one in gone or actors)
            raise TimeoutError(f"not everybody was ready; {logs} say why")
        time.sleep(0.05)
