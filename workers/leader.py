"""What one worker of all does for all: in a thread of each, every so often, by whoever leads."""

import threading
from abc import ABC, abstractmethod

import structlog

from db import fleet
from db.engine import reading, transaction

_log = structlog.get_logger(__name__)


class Leader(ABC):
    """Hosted by every worker; the one that holds the leader's row of this role acts."""

    def __init__(self, role: str, worker_id: str, *, every_s: float, leads_for_s: float) -> None:
        self._role = role
        self._worker_id = worker_id
        self._every_s = every_s
        self._leads_for_s = leads_for_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=role, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    @abstractmethod
    def _look(self) -> None:
        """What is to be done now, if `_leads`."""

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 — this thread may not die before its process
                _log.warning("a look did not come through", role=self._role, error=str(error))

    def _leads(self) -> bool:
        """Read first: of a hundred workers one writes."""
        with reading() as session:
            if fleet.is_led(session, self._role, but_not_by=self._worker_id):
                return False
        with transaction() as session:
            return fleet.lead(session, self._role, self._worker_id, seconds=self._leads_for_s)
