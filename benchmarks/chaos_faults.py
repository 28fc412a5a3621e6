"""The director: a schedule of faults drawn from a seed, each done to a program that is up."""

import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from benchmarks import chaos_forgery, chaos_orders
from benchmarks.chaos_cast import Actor, Cast
from benchmarks.chaos_watch import Watch
from db.engine import writer

# How often of all faults; the first round does each once.
_WEIGHTS: Final = {
    "worker killed": 5,
    "worker frozen": 2,
    "worker frozen before a commit": 5,
    "worker drained": 1,
    "broker frozen": 1,
    "broker killed": 1,
    "broker killed, its file lost": 1,
    "broker wiped": 1,
    "API killed": 1,
    "API killed after a commit": 2,
    "database away": 1,
    "messages forged": 1,
    "webhooks drained": 1,
}
_MUST_SHOW: Final = "worker frozen before a commit"
# What it had in hand is only sent again after a minute and a half.
_ONLY_IN_LONG_RUNS: Final = "webhooks killed"
KINDS: Final = len(_WEIGHTS)
MOST_PUT_OFF: Final = 3
FROZEN_LONGER_S: Final = 8.0
"""Beyond the lease, at most: by then a sweeper has taken what the frozen held, or cannot."""


class Director:
    """Does one fault after the other; call `act` often, from the thread that owns the cast.

    Attributes:
        done: how often each fault was done.
        last: the one before the next.
    """

    def __init__(
        self,
        cast: Cast,
        watch: Watch,
        *,
        seed: int,
        gap_s: float,
        lease_s: float,
        is_long: bool,
    ) -> None:
        self._cast, self._watch = cast, watch
        self._dice = random.Random(seed)  # noqa: S311 — so that a run can be had again
        self._gap_s, self._lease_s = gap_s, lease_s
        self._script = self._written(is_long=is_long)
        self._put_off: list[str] = []
        self._due_at = time.monotonic() + gap_s
        self._frozen: dict[int, float] = {}
        self._later: list[tuple[float, Callable[[], None]]] = []
        self.done: Counter[str] = Counter()
        self.last = ""

    def act(self) -> None:
        """The next fault, if its time has come and somebody is there to suffer it."""
        self.mend()
        if time.monotonic() < self._due_at:
            return
        if len(self._put_off) < MOST_PUT_OFF:
            self._put_off.append(next(self._script))
        for fault in self._put_off:
            if self._do(fault):
                self._put_off.remove(fault)
                self.last = fault
                self.done[fault] += 1
                self._due_at = time.monotonic() + self._gap_s * self._dice.uniform(0.5, 1.5)
                return

    def mend(self) -> None:
        """What was frozen long enough goes on."""
        now = time.monotonic()
        for worker in self._cast.workers:
            self._thaw(worker, now)
        due = [what for at, what in self._later if at <= now]
        self._later = [(at, what) for at, what in self._later if at > now]
        for what in due:
            what()

    def calm(self) -> bool:
        """No new faults, and whether the last ones are over."""
        chaos_orders.take_back(self._cast.orders)
        self.mend()
        return not self._later and not any(worker.is_frozen() for worker in self._cast.workers)

    def _written(self, *, is_long: bool) -> Iterator[str]:
        """The one that must show first, then each of the others once, then as they come."""
        others = [name for name in _WEIGHTS if name != _MUST_SHOW]
        self._dice.shuffle(others)
        yield from (_MUST_SHOW, *others[::2], _MUST_SHOW, *others[1::2])
        weights = _WEIGHTS | ({_ONLY_IN_LONG_RUNS: 1} if is_long else {})
        while True:
            yield self._dice.choices(list(weights), list(weights.values()))[0]

    def _do(self, fault: str) -> bool:
        match fault.split()[0]:
            case "worker":
                return self._to_a_worker(fault)
            case "broker":
                return self._to_the_broker(fault)
            case "API":
                return self._to_the_api(fault)
            case "database":
                return self._to_the_database()
            case "webhooks":
                is_killed = fault == _ONLY_IN_LONG_RUNS
                self._cast.hooks.send(signal.SIGKILL if is_killed else signal.SIGTERM)
                return True
            case _:
                chaos_forgery.send(self._dice.randrange(1 << 30))
                return True

    def _to_a_worker(self, fault: str) -> bool:
        able = [worker for worker in self._cast.workers if self._is_able(worker)]
        if len(able) < 2:  # somebody must be left to find what the others lose
            return False
        victim = self._dice.choice(able)
        match fault:
            case "worker killed":
                victim.send(signal.SIGKILL)
            case "worker drained":
                victim.send(signal.SIGTERM)
            case "worker frozen":
                victim.send(signal.SIGSTOP)
            case _:
                chaos_orders.leave(self._cast.orders, chaos_orders.FREEZE, to=victim.name)
        return True

    def _is_able(self, worker: Actor) -> bool:
        ordered = chaos_orders.waits(self._cast.orders, chaos_orders.FREEZE, to=worker.name)
        return worker.pid in self._watch.ready and not worker.is_frozen() and not ordered

    def _to_the_broker(self, fault: str) -> bool:
        broker = self._cast.broker
        if broker.process is None or broker.is_frozen():
            return False
        down_s = self._dice.uniform(0.2, 3.0)
        match fault:
            case "broker frozen":
                broker.send(signal.SIGSTOP)
                self._later.append(
                    (time.monotonic() + 2 * down_s, partial(broker.send, signal.SIGCONT))
                )
            case "broker killed":
                broker.send(signal.SIGKILL, down_s=down_s)
            case "broker killed, its file lost":
                broker.send(signal.SIGKILL, down_s=down_s)
                broker.process.wait()
                _empty(self._cast.home / "broker")
            case _:
                chaos_forgery.wipe()
        return True

    def _to_the_api(self, fault: str) -> bool:
        if fault == "API killed":
            self._cast.api.send(signal.SIGKILL, down_s=self._dice.uniform(0.0, 2.0))
        else:
            chaos_orders.leave(self._cast.orders, chaos_orders.DIE, to=self._cast.api.name)
        return True

    def _to_the_database(self) -> bool:
        down_s = self._dice.uniform(0.5, 2.5)
        if self._cast.database is None or self._cast.postmaster is None:
            threading.Thread(target=_lock_sqlite, args=(down_s,), daemon=True).start()
            return True
        if self._cast.postmaster.process is None:
            return False  # it is down still
        self._cast.postmaster.stay_down(down_s)
        self._cast.database.stop_immediately()
        return True

    def _thaw(self, worker: Actor, now: float) -> None:
        """Continue it when its lease ran out and another took what it held."""
        if not worker.is_frozen():
            self._frozen.pop(worker.pid, None)
            return
        frozen_s = now - self._frozen.setdefault(worker.pid, now)
        # Who froze with SQLite's lock in hand is robbed by nobody; that is the database's outage.
        is_over = self._watch.is_away() or not self._watch.held[worker.pid]
        if frozen_s > self._lease_s + (0 if is_over else FROZEN_LONGER_S):
            worker.send(signal.SIGCONT)


def _lock_sqlite(seconds: float) -> None:
    """Somebody else writes for long: a backup, a person with a shell."""
    with suppress(SQLAlchemyError), writer().begin():  # begins by taking the lock
        time.sleep(seconds)


def _empty(folder: Path) -> None:
    for file in folder.glob("appendonlydir"):
        shutil.rmtree(file)
