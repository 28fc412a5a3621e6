"""The two doors of the engine: wake-ups through the broker, and POST /v1/jobs to the real API."""

import http.client
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from redis import Redis
from redis.exceptions import RedisError

from api import broker, key_file
from api.client import Client
from benchmarks import chaos_load
from benchmarks.chaos_cast import Actor, free_port
from benchmarks.chaos_submit import producer
from benchmarks.engine_archives import Archive
from workers import queues, settings
from workers.celery import app

CLIENTS: Final = 16
READY_WITHIN_S: Final = 60.0
_QUEUE: Final = "packshot:hooks"


@dataclass(slots=True)
class Posted:
    """What a shop's backend saw: how long after it was due each answer came, and how many said no.

    Attributes:
        seconds: from the first request to the last answer.
        waited_s: of each request that was taken.
        refused: requests with another answer than 202.
    """

    seconds: float = 0.0
    waited_s: list[float] = field(default_factory=list)
    refused: int = 0

    def per_s(self) -> float:
        return len(self.waited_s) / self.seconds


@dataclass(frozen=True, slots=True)
class WakeUps:
    """Per second: rings of a bell that never waits for the broker, and messages through it."""

    rung: float
    published: float
    taken: float


def wake_ups(archive: Archive, count: int) -> WakeUps:
    """By one caller, one producer that waits for each, and one real worker."""
    with _broker(archive) as env, ExitStack() as stack:
        since = time.perf_counter()
        for _ in range(10 * count):
            queues.ring("gpu")
        rung_s = time.perf_counter() - since
        with producer(settings.get().broker()) as shop, shop.producer_or_acquire() as one:
            since = time.perf_counter()
            for _ in range(count):
                shop.send_task("wake", queue="hooks", producer=one, ignore_result=True)
            published_s = time.perf_counter() - since
        asked = Redis(unix_socket_path=str(settings.socket_path()))
        stack.callback(asked.close)
        argv = [sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "-A", "workers"]
        worker = Actor("worker", [*argv, "worker", "-Q", "hooks"], env, archive.home / "worker.log")
        stack.callback(worker.end)
        worker.start()
        _until(lambda: int(asked.llen(_QUEUE)) < count - 1, "the worker")
        since, left = time.perf_counter(), int(asked.llen(_QUEUE))
        _until(lambda: int(asked.llen(_QUEUE)) == 0, "the last wake-up")
        taken_s = time.perf_counter() - since
        return WakeUps(10 * count / rung_s, count / published_s, left / taken_s)


@contextmanager
def api(archive: Archive) -> Iterator[Callable[[], int]]:
    """The real API with its broker; each call of what is given posts a job, and says the status."""
    with _broker(archive) as env, ExitStack() as stack:
        key_file.ensure(chaos_load.TENANT)
        port = free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
        uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "api.main:build_app", *options]
        server = Actor("api", [*uvicorn, "--no-access-log"], env, archive.home / "api.log")
        stack.callback(server.end)
        server.start()
        client = stack.enter_context(Client(f"http://127.0.0.1:{port}", key_file.read()))
        _until(client.ready, "the API")
        picture = client.upload(chaos_load.picture(0, 0))["id"]
        yield _Poster(port, key_file.read() or "", json.dumps(chaos_load.order(0, 0, picture)))


def saturated(post: Callable[[], int], *, seconds: float) -> Posted:
    """As many as it takes, from as many clients as a small shop's backend has threads."""
    return _posted(post, seconds=seconds, per_s=None)


def offered(post: Callable[[], int], *, per_s: float, seconds: float) -> Posted:
    """So many a second whatever the answers do; a request waits from when it was due."""
    return _posted(post, seconds=seconds, per_s=per_s)


def _posted(post: Callable[[], int], *, seconds: float, per_s: float | None) -> Posted:
    posted, turn, numbers = Posted(), threading.Lock(), itertools.count()
    began = time.perf_counter()

    def serve() -> None:
        while True:
            due = time.perf_counter()
            if per_s is not None:
                due = began + next(numbers) / per_s
                time.sleep(max(0.0, due - time.perf_counter()))
            if due > began + seconds:
                return
            status = post()
            waited_s = time.perf_counter() - due
            with turn:
                if status == http.HTTPStatus.ACCEPTED:
                    posted.waited_s.append(waited_s)
                else:
                    posted.refused += 1

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    posted.seconds = time.perf_counter() - began
    return posted


class _Poster:
    """A connection for each thread, kept open: what is measured is the API, not our client."""

    def __init__(self, port: int, key: str, body: str) -> None:
        self._port, self._body = port, body.encode()
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._mine = threading.local()

    def __call__(self) -> int:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self._mine.connection = connection
        key = {"Idempotency-Key": str(uuid4())}
        connection.request("POST", "/v1/jobs", self._body, self._headers | key)
        answer = connection.getresponse()
        answer.read()
        status: int = answer.status
        return status


@contextmanager
def _broker(archive: Archive) -> Iterator[dict[str, str]]:
    """A real broker in the archive's folder, and the environment of whoever uses it."""
    env = archive.enter(WORKER_BROKER_URL="")
    app.conf.update(broker_url=settings.get().broker())  # it was read at the import
    valkey = Actor("broker", broker.command(), env, archive.home / "broker.log")
    try:
        valkey.start()
        _until(_answers, "the broker")
        yield env
    finally:
        valkey.end()


def _answers() -> bool:
    try:
        broker.ping()
    except (broker.BrokerNotRunning, RedisError):
        return False
    return True


def _until(is_so: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + READY_WITHIN_S
    while not is_so():
        if time.monotonic() > give_up:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.002)
