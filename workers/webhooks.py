"""Tells the storefront, signed, until it answers: the worker of the queue `hooks`.

It needs no torch. One thread claims what is due; others send, at most eight at a time for one
tenant and two to one host, so that slow receivers delay nobody else's news.
"""

import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from typing import Final

import structlog
from structlog.contextvars import bound_contextvars

from db import fleet, migrate, secrets, sending
from db.engine import reading, transaction
from db.ids import new_id
from db.sending import Answer
from db.tables.deliveries import Delivery
from workers import exits, metrics, scraped, sender, settings
from workers.patience import patiently
from workers.scraped import Now, Scraped
from workers.settings import WorkerSettings

SENDERS: Final = 32
MOST_PER_TENANT: Final = 8
MOST_PER_HOST: Final = 2
# Of one tenant in one round; the next round goes on behind them.
HOSTS_AT_ONCE: Final = 200
BEAT_EVERY_S: Final = 10.0
RECORD_WITHIN_S: Final = 30.0
# Longer than the longest look-up, exchange and record together.
LEASE_S: Final = 90.0

_log = structlog.get_logger(__name__)


class Hooks:
    """A `Life` that has no device and takes no jobs."""

    def __init__(self, queues: Sequence[str], given: WorkerSettings) -> None:
        migrate.check()
        self.id = new_id()
        self.state = "starting"
        self._given = given
        self._sending: dict[str, Delivery] = {}
        self._walked: dict[str, str] = {}
        self._guard = threading.Lock()
        self._woken = threading.Event()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)
        self._beaten_at = float("-inf")
        self._scraped: Scraped | None = None
        with transaction() as session:
            fleet.join(
                session,
                worker_id=self.id,
                host=socket.gethostname(),
                pid=os.getpid(),
                device="network",
                queues=list(queues),
                build=version("packshot"),
            )

    def start(self) -> None:
        """Send from now on; nothing, if it was drained before."""
        with self._guard:
            if self.state != "starting":
                return
            self.state = "ready"
        if not secrets.is_ready():
            _log.warning("nothing can be signed: DB_SECRET_KEY is unset")
        self._thread.start()
        self._scraped = scraped.opened(self._given, lambda: Now(SENDERS, len(self._held())))
        _log.info("ready", worker=self.id)

    def wake(self, *, surely: bool = False) -> None:
        del surely  # it looks anyway
        self._woken.set()

    def drain(self) -> None:
        """Claim no more; what is answered in time is recorded, the rest is due again at once."""
        with self._guard:
            if self.state in ("draining", "stopped"):
                return
            self.state = "draining"
        give_up = time.monotonic() + self._given.drain_s
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():  # what it has just claimed is handed out, so that we know of it
            self._thread.join(self._given.drain_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self._held() and time.monotonic() < give_up:
            time.sleep(0.02)
        with transaction() as session:
            for claimed in self._held():
                sending.release(session, claimed)
        self.state = "stopped"
        self._beat()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if time.monotonic() - self._beaten_at > BEAT_EVERY_S:
                    self._beat()
                self._hear()
                self._send_due()
            except Exception as error:  # noqa: BLE001 — this thread may not die before its process
                _log.warning("deliveries were not looked at", error=str(error))
            self._woken.wait(self._given.poll_s * random.uniform(0.8, 1.2))  # noqa: S311
            self._woken.clear()

    def _send_due(self) -> None:
        """Hand out what is due, whoever has the fewest senders first, else in no order."""
        with reading() as session:
            waiting = sending.tenants(session)
        self._walked = {tenant: self._walked.get(tenant, "") for tenant in waiting}
        helped = Counter(delivery.tenant for delivery in self._held())
        for tenant in sorted(random.sample(waiting, len(waiting)), key=helped.__getitem__):
            if self._room(tenant):
                self._send_due_of(tenant)

    def _send_due_of(self, tenant: str) -> None:
        with reading() as session:
            due, self._walked[tenant] = sending.hosts(
                session, tenant, after=self._walked[tenant], most=HOSTS_AT_ONCE
            )
        # In no order, so that none is always behind the others when senders are few.
        for host in random.sample(due, len(due)):
            room = min(self._room(tenant), self._room_at(host))
            if room and not self._stop.is_set():
                with transaction() as session:
                    claimed = sending.claim(
                        session,
                        tenant=tenant,
                        host=host,
                        owner=self.id,
                        room=room,
                        lease_s=LEASE_S,
                    )
                for delivery in claimed:
                    self._hand_out(delivery)

    def _room(self, tenant: str) -> int:
        held = self._held()
        mine = sum(delivery.tenant == tenant for delivery in held)
        return max(0, min(MOST_PER_TENANT - mine, SENDERS - len(held)))

    def _room_at(self, host: str) -> int:
        here = sum(delivery.host == host for delivery in self._held())
        return max(0, MOST_PER_HOST - here)

    def _hand_out(self, delivery: Delivery) -> None:
        with self._guard:
            self._sending[delivery.id] = delivery
        try:
            self._pool.submit(self._send, delivery)
        except RuntimeError:
            _log.info("a delivery came too late to be sent", delivery=delivery.id)  # drain has it

    def _send(self, delivery: Delivery) -> None:
        with bound_contextvars(tenant=delivery.tenant, about=delivery.subject):
            self._try(delivery)

    def _try(self, delivery: Delivery) -> None:
        try:
            answer = sender.attempt(delivery)
            # What was received must not be sent again because the database was away for a moment.
            state = patiently(partial(_record, delivery, answer), patience_s=RECORD_WITHIN_S)
            metrics.delivery(state or "lost", answer.took_s)
            _log.info(
                "a delivery was tried",
                delivery=delivery.id,
                state=state or "lost",
                status=answer.status,
                error=answer.error,
            )
        except Exception as error:  # noqa: BLE001 — its lease runs out, and it is tried again
            _log.warning("a delivery was not recorded", delivery=delivery.id, error=str(error))
        finally:
            with self._guard:
                self._sending.pop(delivery.id, None)
            self._woken.set()

    def _held(self) -> list[Delivery]:
        with self._guard:
            return sorted(self._sending.values(), key=lambda delivery: delivery.id)

    def _beat(self) -> None:
        self._beaten_at = time.monotonic()
        in_flight = len(self._held())
        with transaction() as session:
            fleet.beat(session, self.id, state=self.state, in_flight=in_flight)

    def _hear(self) -> None:
        """An operator's wish to drain."""
        with reading() as session:
            is_to_drain = fleet.is_to_drain(session, self.id)
        if is_to_drain and self.state == "ready":
            exits.ask_to_stop()


def _record(delivery: Delivery, answer: Answer) -> str | None:
    with transaction() as session:
        return sending.record(session, delivery, answer)


def boot(queues: Sequence[str]) -> Hooks:
    """What `celery worker -Q hooks` runs."""
    return Hooks(queues, settings.get())
