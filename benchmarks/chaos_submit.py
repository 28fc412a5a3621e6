"""The storefronts: threads that submit by HTTP and by message, and again, until it is taken."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx2
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from api.client import ApiError, Client, Unreachable
from benchmarks import chaos_load
from db.engine import reading
from db.tables.jobs import Job

CLIENTS: Final = 4
ASKED_AGAIN_AFTER_S: Final = 0.3
SENT_AGAIN_AFTER_S: Final = 3.0

# How a job is sent that is no part of a batch, and how often of a hundred.
_WAYS: Final = {"once": 55, "twice": 15, "message": 30}
BATCHES_PERCENT: Final = 20
IN_A_BATCH: Final = 10
_NOT_NOW: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Errand:
    """What to submit in one go: `once`, `twice`, by `message`, or as a `batch`."""

    way: str
    numbers: tuple[int, ...]


class Storefronts:
    """Submit so many jobs, evenly over so many seconds.

    Attributes:
        accepted: the numbers that somebody promised to do.
        refused: what was refused for good, by number; nothing should be.
    """

    def __init__(
        self,
        *,
        client: Callable[[], Client],
        broker_url: str,
        seed: int,
        jobs: int,
        seconds: float,
    ) -> None:
        self._client, self._seed, self._jobs, self._seconds = client, seed, jobs, seconds
        self.accepted: set[int] = set()
        self.refused: dict[int, str] = {}
        self._line = self._errands()
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._mail = Mail(broker_url, self._stop)
        self._threads = [
            *(threading.Thread(target=self._serve, daemon=True) for _ in range(CLIENTS)),
            threading.Thread(target=self._mail.carry, args=(self.accepted,), daemon=True),
        ]

    def start(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=20)

    def done(self) -> bool:
        """Whether every job was accepted, or refused for good."""
        return len(self.accepted) + len(self.refused) >= self._jobs

    def _errands(self) -> Iterator[Errand]:
        """Every job once, some of them together; who submits twice does so in two threads."""
        for first in range(0, self._jobs, IN_A_BATCH):
            numbers = range(first, min(first + IN_A_BATCH, self._jobs))
            dice = random.Random(chaos_load.key(self._seed, first))  # noqa: S311
            if dice.randrange(100) < BATCHES_PERCENT:
                yield Errand("batch", tuple(numbers))
                continue
            for number in numbers:
                (way,) = dice.choices(list(_WAYS), list(_WAYS.values()))
                yield from [Errand(way, (number,))] * (2 if way == "twice" else 1)

    def _serve(self) -> None:
        with self._client() as client:
            while (errand := self._next()) is not None and not self._stop.is_set():
                self._wait_for(errand.numbers[0])
                try:
                    self._run(client, errand)
                except ApiError as error:
                    self.refused |= dict.fromkeys(errand.numbers, str(error))

    def _next(self) -> Errand | None:
        with self._turn:
            return next(self._line, None)

    def _wait_for(self, number: int) -> None:
        due = self._began + number * self._seconds / self._jobs
        self._stop.wait(max(0.0, due - time.monotonic()))

    def _run(self, client: Client, errand: Errand) -> None:
        orders = [order for n in errand.numbers if (order := self._order(client, n)) is not None]
        if len(orders) < len(errand.numbers):
            return  # told to stop
        key = chaos_load.key(self._seed, errand.numbers[0])
        match errand.way:
            case "message":
                self._mail.post(errand.numbers[0], key, orders[0])
                return
            case "batch":
                taken = self._insist(lambda: client.submit_batch(orders, key=key))
            case _:
                taken = self._insist(lambda: client.submit(orders[0], key=key))
        if taken is not None:
            self.accepted.update(errand.numbers)

    def _order(self, client: Client, number: int) -> dict[str, object] | None:
        data = chaos_load.picture(self._seed, number)
        picture = self._insist(lambda: client.upload(data))
        return None if picture is None else chaos_load.order(self._seed, number, picture["id"])

    def _insist(self, ask: Callable[[], Answer]) -> Answer | None:
        """Ask until there is an answer; the key makes it the same every time.

        Raises:
            ApiError: no, and for good.
        """
        while not self._stop.is_set():
            try:
                return ask()
            except ApiError as error:
                if error.status not in _NOT_NOW:
                    raise
            except (Unreachable, httpx2.HTTPError):
                pass  # it may be dead, or have died after it took the job
            self._stop.wait(ASKED_AGAIN_AFTER_S)
        return None


class Mail:
    """A producer that has only the broker: it sends again what is no row yet."""

    def __init__(self, broker_url: str, stop: threading.Event) -> None:
        self._app = producer(broker_url)
        self._stop = stop
        self._turn = threading.Lock()
        self._letters: dict[str, tuple[int, dict[str, object], float]] = {}

    def post(self, number: int, key: str, order: dict[str, object]) -> None:
        with self._turn:
            self._letters[key] = (number, order, 0.0)

    def carry(self, accepted: set[int]) -> None:
        """Send and send again, until the last has arrived."""
        while not self._stop.wait(0.1):
            with self._turn:
                letters = dict(self._letters)
            arrived = self._arrived(list(letters))
            with self._turn:
                accepted |= {self._letters.pop(key)[0] for key in arrived}
            for key, (number, order, due) in letters.items():
                if key not in arrived and time.monotonic() >= due:
                    self._send(key, number, order)

    def _send(self, key: str, number: int, order: dict[str, object]) -> None:
        try:
            self._app.send_task("jobs.submit", kwargs=order, task_id=key, queue="gpu", retry=False)
        except (OperationalError, RedisError, OSError):
            return  # the broker is away; it stays due
        with self._turn:
            self._letters[key] = (number, order, time.monotonic() + SENT_AGAIN_AFTER_S)

    def _arrived(self, keys: list[str]) -> set[str]:
        found: set[str] = set()
        try:
            with reading() as session:
                for first in range(0, len(keys), 500):
                    some = keys[first : first + 500]
                    mine = (Job.tenant == chaos_load.TENANT, Job.idempotency_key.in_(some))
                    found |= {key or "" for key in session.scalars(_KEYS.where(*mine))}
        except SQLAlchemyError:
            return set()
        return found


def producer(broker_url: str) -> Celery:
    """As a storefront's own code would publish, giving up soon."""
    app = Celery(broker=broker_url, set_as_current=False)
    app.conf.update(
        broker_transport_options={
            "global_keyprefix": "packshot:",
            "socket_timeout": 2,
            "socket_connect_timeout": 2,
        },
        broker_connection_retry_on_startup=False,
    )
    return app


_KEYS: Any = select(Job.idempotency_key)
