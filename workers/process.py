"""One worker process: its device, its threads, and how they start and stop."""

import os
import socket
import threading
from collections.abc import Collection, Sequence
from importlib import metadata
from pathlib import Path

import structlog
import torch
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars

from db import announcing, fleet, migrate, transitions, versions
from db.engine import reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.tables.jobs import Job
from workers import calls, device, exits, lines, locks, scraped, settings
from workers.batcher import Batcher
from workers.breakdowns import Breakdowns
from workers.calls import Caller
from workers.committer import Committer
from workers.device import Device
from workers.exits import EXIT_DEVICE_LOST, EXIT_STUCK
from workers.feeder import Feeder
from workers.indexer import Indexer
from workers.leases import Leases
from workers.locks import LockFile
from workers.patience import patiently
from workers.perform import Bench, perform
from workers.queues import ring
from workers.retrainer import Retrainer
from workers.scraped import Now, Scraped
from workers.seats import Seats
from workers.settings import WorkerSettings
from workers.sweeper import Sweeper
from workers.warm import Warm
from workers.watchdog import Watchdog

FALL_WITHIN_S = 5.0
"""For a process that ends at once: time to put its jobs back, if the database answers."""

WARM_AT_START = 16
"""Versions; others are loaded when a job first names them."""

_log = structlog.get_logger(__name__)


class Process:
    """Everything that lives as long as `celery worker` does.

    Args:
        queues: whose jobs it takes.
        name: what tells it from other workers of this machine.
    """

    def __init__(self, queues: Sequence[str], given: WorkerSettings, *, name: str = "") -> None:
        migrate.check()
        self.id = new_id()
        self._queues = queues
        self._guard = threading.Lock()
        self._is_falling = False
        self._drain_s = given.drain_s
        taken = _take(given, queues, name)
        self.device = taken.name
        self._breakdowns = Breakdowns(_lock_path(given, taken, queues, name))
        self.state = "broken" if self._breakdowns.tell_of_a_broken_device() else "starting"
        self._seats = Seats(len(os.sched_getaffinity(0)), threads=torch.get_num_threads())
        self._batcher = Batcher(
            self.device,
            max_batch=given.max_batch,
            wait_s=given.batch_wait_ms / 1000,
            seats=self._seats,
            may_go_on=lambda lease: self._leases.check(lease),
            on_death=self._device_lost,
        )
        self._leases = Leases(
            self.id,
            lease_s=given.lease_s,
            state=lambda: self.state,
            numbers=lambda: {**self._batcher.numbers.told(), "networks": self._warm.told()},
            on_drain_asked=exits.ask_to_stop,
        )
        self._sweeper = Sweeper(self.id)
        self._retrainer = Retrainer(self.id)
        self._indexer = Indexer(self.id)
        # As long as its leases hold, a finished job waits for a database that does not answer.
        self._committer = Committer(
            patience_s=given.lease_s, company=lambda: self._feeder.company()
        )
        self._warm = Warm(
            self._batcher,
            budget_bytes=given.warm_mb * 1_000_000,
            precision=given.precision,
            compiles=given.compile,
        )
        self._bench = Bench(self._leases, self._warm, self._committer, self._seats)
        hands = self._hands = _hands(queues, given)
        self._given = given
        self._scraped: Scraped | None = None
        self._watchdog = Watchdog(
            hands=hands,
            patience_s=2 * given.lease_s,
            device_is_stuck=self._batcher.on_device.is_stuck,
            on_stuck=self._stuck,
        )
        self._feeder = Feeder(
            worker_id=self.id,
            device=str(self.device),
            queues=queues,
            hands=hands,
            lease_s=given.lease_s,
            poll_s=given.poll_s,
            leases=self._leases,
            perform=self._perform,
        )
        announcing.wait_for(self._few)
        self._join(queues)

    def _few(self) -> int:
        """Rows of bytes come later than ends of jobs, and one by one."""
        return min(4, self._feeder.company())

    def start(self) -> None:
        """Take jobs from now on; nothing, if it was drained before, and no jobs if it is broken."""
        with self._guard:
            if self.state not in {"starting", "broken"}:
                return
            is_broken = self.state == "broken"
            self.state = "broken" if is_broken else "ready"
        self._leases.start()
        self._sweeper.start()
        self._retrainer.start()
        self._indexer.start()
        if is_broken:
            _log.error(
                "the device was lost too often; no jobs", noted_in=str(self._breakdowns.path)
            )
        else:
            self._committer.start()
            self._watchdog.start()
            self._feeder.start()
            _log.info("ready", worker=self.id, device=str(self.device))
        self._scraped = scraped.opened(self._given, self._now)
        self._tell()

    def _now(self) -> Now:
        return Now(
            hands=self._hands,
            busy=self._feeder.busy(),
            device=self._batcher.numbers,
            memory_bytes=device.memory_bytes(self.device),
        )

    def warm_up(self) -> None:
        """Load what serves most likely, before the first job asks for it."""
        if "gpu" not in self._queues or self.state == "broken":
            return
        with reading() as session:
            likely = versions.likely(session, most=WARM_AT_START)
        self._warm.prepare(likely)

    def wake(self, *, surely: bool = False) -> None:
        self._feeder.wake(surely=surely)

    def drain(self) -> None:
        """Claim no more; what ends in time ends, the rest goes back as if never tried.

        Without its database it takes as long as that is away: whoever calls sets an end to it.
        """
        with self._guard:
            if self.state in {"draining", "stopped"}:
                return
            self.state = "draining"
        self._feeder.stop_claiming()
        self._leases.draining.set()
        # Beside this thread, because a database that is away may hold it.
        threading.Thread(target=self._tell, name="tell", daemon=True).start()
        is_idle = self._feeder.wait_until_idle(self._drain_s)
        self._put_back(patience_s=0 if is_idle else float("inf"))
        self._committer.stop()
        self._leases.stop()
        self._sweeper.stop()
        self._retrainer.stop()
        self._indexer.stop()
        self._watchdog.stop()
        self._batcher.stop()
        self.state = "stopped"
        self._tell()

    def _perform(self, job: Job) -> None:
        lease = Lease(job.id, self.id, job.lease_token)
        known = calls.current_caller.set(Caller(lease, job.priority))
        try:
            watched = self._watchdog.watching(lease, job.timeout_s)
            with bound_contextvars(**lines.named(job)), watched:
                perform(job, self._bench)
        finally:
            calls.current_caller.reset(known)

    def _device_lost(self, error: BaseException, suspects: Collection[Lease]) -> None:
        try:
            self._breakdowns.note([lease.job_id for lease in suspects])
        except OSError as full:
            _log.warning("the loss of the device could not be noted", error=str(full))
        self._fall(EXIT_DEVICE_LOST, f"the device was lost: {error}", suspects)

    def _stuck(self, why: str, late: Collection[Lease]) -> None:
        self._fall(EXIT_STUCK, why, {*late, *self._batcher.on_device.suspects()})

    def _fall(self, code: int, why: str, suspects: Collection[Lease]) -> None:
        """End at once: the suspects' jobs crashed, the others go back as if never tried."""
        with self._guard:
            if self._is_falling:
                return
            self._is_falling = True
        # Whatever the database does: what could not be put back is swept by others.
        exits.leave_within(FALL_WITHIN_S, code)
        self._feeder.stop_claiming()
        self._put_back(suspects, why[:500], patience_s=FALL_WITHIN_S)
        exits.leave(code)

    def _put_back(
        self, suspects: Collection[Lease] = (), why: str = "", *, patience_s: float
    ) -> None:
        """All that the table says is ours, and so also what a claim took a moment ago."""

        def write() -> list[Lease]:
            with transaction() as session:
                mine = fleet.leases(session, self.id)
                for lease in mine:
                    if lease in suspects:
                        transitions.crash(session, lease, detail=why)
                    else:
                        transitions.release(session, lease)
                return mine

        try:
            back = patiently(write, patience_s=patience_s)
        except SQLAlchemyError as error:
            _log.warning("jobs were not put back", error=str(error))
            return
        for lease in back:
            _log.info("a job was put back", job_id=lease.job_id, crashed=lease in suspects)
        for queue in self._queues if back else ():
            ring(queue)

    def _join(self, queues: Sequence[str]) -> None:
        with transaction() as session:
            fleet.join(
                session,
                worker_id=self.id,
                host=socket.gethostname(),
                pid=os.getpid(),
                device=str(self.device),
                queues=list(queues),
                build=metadata.version("packshot"),
            )

    def _tell(self) -> None:
        """How this worker is. Without its database nobody hears it, and it goes on."""
        try:
            with transaction() as session:
                fleet.beat(session, self.id, state=self.state, in_flight=self._feeder.busy())
        except SQLAlchemyError as error:
            _log.warning("the state was not told", state=self.state, error=str(error))


def _hands(queues: Sequence[str], given: WorkerSettings) -> int:
    """Enough that a batch gathers while one is on the device and one is put away.

    A training job has the device to itself; where no network is called, no batch gathers.
    """
    if given.hands:
        return given.hands
    cores = os.cpu_count() or 1
    if "train" in queues:
        return 1
    return 2 * cores if set(queues) == {"cpu"} else 4 * given.max_batch + cores


def _take(given: WorkerSettings, queues: Sequence[str], name: str) -> Device:
    """A device for these queues that no other process has, made this thread's own."""
    # The jobs of the queue cpu need none: whoever does only them takes none from others.
    would_do = [device.CPU] if set(queues) == {"cpu"} else device.wanted(given.device)
    taken = device.take(
        would_do, lambda one: LockFile(_lock_path(given, one, queues, name)), name=name
    )
    if set(queues) != {"train"}:  # there it is the child that works on it
        device.pin(taken.name, memory_share=given.memory_share)
    return taken


def _lock_path(given: WorkerSettings, one: Device, queues: Sequence[str], name: str) -> Path:
    """A device is one worker's for these queues; a CPU is shared, so each counts for itself."""
    return locks.path(
        given.locks_folder(),
        host=socket.gethostname(),
        device=one.uuid,
        queues=queues,
        name=name if one == device.CPU else "",
    )


def boot(queues: Sequence[str], *, name: str = "") -> Process:
    """The worker of jobs in this operating-system process."""
    process = Process(queues, settings.get(), name=name)
    process.warm_up()
    return process
