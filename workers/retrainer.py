"""Rules are followed: what is due is trained, and what came of it is put into service."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from db import fleet, retrainings, rules
from db.engine import reading, transaction
from db.tables.jobs import Job
from workers import queues
from workers.patience import TRANSIENT

EVERY_S: Final = 5.0
LEADS_FOR_S: Final = 60.0
"""Longer than the pictures of one rule are looked at; a second leader would only ask in vain."""

Answer = TypeVar("Answer")
_log = structlog.get_logger(__name__)


class Retrainer:
    """Hosted by every worker; the one that holds the leader's row acts."""

    def __init__(self, worker_id: str) -> None:
        self._worker_id = worker_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retrainer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                if self._leads():
                    follow()
            except Exception as error:  # noqa: BLE001 — this thread may not die before its process
                _log.warning("the rules could not be followed", error=str(error))

    def _leads(self) -> bool:
        """Read first: where there is no rule, and of a hundred workers but one, nobody writes."""
        me = self._worker_id
        with reading() as session:
            if not rules.ids(session) or fleet.is_led(session, "retrainer", but_not_by=me):
                return False
        with transaction() as session:
            return fleet.lead(session, "retrainer", me, seconds=LEADS_FOR_S)


def follow() -> None:
    """One look at everything; what one rule fails by keeps no other from its turn."""
    for retraining_id in retrainings.over():
        _tried(retrainings.close, retraining_id)
    with reading() as session:
        known = rules.ids(session)
    for rule_id in known:
        job: Job | None = _tried(retrainings.begin, rule_id)
        if job is not None:
            _log.info("a rule started a training", rule=rule_id, job=job.id)
            queues.ring(job.queue)


def _tried(step: Callable[[str], Answer], of: str) -> Answer | None:
    try:
        return step(of)
    except TRANSIENT:
        raise
    except Exception as error:  # noqa: BLE001 — it is tried again at the next look
        _log.warning("a rule could not be followed", step=step.__name__, of=of, error=str(error))
        return None
