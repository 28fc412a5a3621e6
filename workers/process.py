"""One worker process: its device, its threads, and how they start and stop."""

import os
import socket
from collections.abc import Sequence
from importlib.metadata import version

import structlog

from db import fleet, migrate, transitions
from db.engine import transaction
from db.ids import new_id
from workers import device, settings
from workers.batcher import Batcher
from workers.feeder import Feeder
from workers.leases import Leases
from workers.perform import Bench, perform
from workers.settings import WorkerSettings
from workers.sweeper import Sweeper
from workers.warm import Warm

EXIT_DEVICE_LOST = 75

_log = structlog.get_logger(__name__)


class Process:
    """Everything that lives as long as `celery worker` does."""

    def __init__(self, queues: Sequence[str], given: WorkerSettings) -> None:
        migrate.check()
        self.id = new_id()
        self.state = "starting"
        self._drain_s = given.drain_s
        self.device = device.choose(given.device)
        self._batcher = Batcher(
            self.device,
            max_batch=given.max_batch,
            wait_s=given.batch_wait_ms / 1000,
            # Another process has a working device; this one's jobs are swept back in line.
            on_death=lambda _error: os._exit(EXIT_DEVICE_LOST),
        )
        self._leases = Leases(self.id, lease_s=given.lease_s, state=lambda: self.state)
        self._sweeper = Sweeper(self.id)
        bench = Bench(self._leases, Warm(self._batcher))
        self._feeder = Feeder(
            worker_id=self.id,
            device=str(self.device),
            queues=queues,
            hands=_hands(queues, given, is_cpu=self.device.type == "cpu"),
            lease_s=given.lease_s,
            poll_s=given.poll_s,
            leases=self._leases,
            perform=lambda job: perform(job, bench),
        )
        self._join(queues)

    def start(self) -> None:
        """Take jobs from now on."""
        self._set_state("ready")
        self._leases.start()
        self._sweeper.start()
        self._feeder.start()
        _log.info("ready", worker=self.id, device=str(self.device))

    def wake(self) -> None:
        self._feeder.wake()

    def drain(self) -> None:
        """Claim no more; what ends in time ends, the rest goes back as if never tried."""
        if self.state in ("draining", "stopped"):
            return
        self._set_state("draining")
        self._feeder.stop_claiming()
        self._leases.draining.set()
        if not self._feeder.wait_until_idle(self._drain_s):
            self._release()
        self._leases.stop()
        self._sweeper.stop()
        self._batcher.stop()
        self._set_state("stopped")

    def _release(self) -> None:
        with transaction() as session:
            for lease in sorted(self._leases.held(), key=lambda lease: lease.job_id):
                transitions.release(session, lease)
                _log.info("a job was released", job=lease.job_id)

    def _join(self, queues: Sequence[str]) -> None:
        with transaction() as session:
            fleet.join(
                session,
                worker_id=self.id,
                host=socket.gethostname(),
                pid=os.getpid(),
                device=str(self.device),
                queues=list(queues),
                build=version("packshot"),
            )

    def _set_state(self, state: str) -> None:
        self.state = state
        with transaction() as session:
            fleet.beat(session, self.id, state=state, in_flight=self._feeder.busy())


def _hands(queues: Sequence[str], given: WorkerSettings, *, is_cpu: bool) -> int:
    """A training job has the device to itself; a CPU is kept busy by fewer hands than a GPU."""
    if given.hands:
        return given.hands
    cores = os.cpu_count() or 1
    if "train" in queues:
        return 1
    return 2 * cores if is_cpu else 2 * given.max_batch + cores


_current: Process | None = None


def boot(queues: Sequence[str]) -> Process:
    """The one process object of this operating-system process."""
    global _current
    _current = Process(queues, settings.get())
    return _current


def current() -> Process:
    if _current is None:
        raise RuntimeError("this process is no worker")
    return _current
