"""Rules are followed: what is due is trained, and what came of it is put into service."""

from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from db import retrainings, rules
from db.engine import reading
from db.tables.jobs import Job
from workers import queues
from workers.leader import Leader
from workers.patience import TRANSIENT

EVERY_S: Final = 5.0
LEADS_FOR_S: Final = 60.0
"""Longer than the pictures of one rule are looked at; a second leader would only ask in vain."""

Answer = TypeVar("Answer")
_log = structlog.get_logger(__name__)


class Retrainer(Leader):
    """Follows the rules where it leads; where there is no rule, nobody writes who leads."""

    def __init__(self, worker_id: str) -> None:
        super().__init__("retrainer", worker_id, every_s=EVERY_S, leads_for_s=LEADS_FOR_S)

    def _look(self) -> None:
        if self._leads():
            follow()

    def _leads(self) -> bool:
        with reading() as session:
            has_rules = bool(rules.ids(session))
        return has_rules and super()._leads()


def follow() -> None:
    """One look at everything; what one rule fails by keeps no other from its turn."""
    for retraining_id in retrainings.over():
        _tried(retrainings.close, retraining_id)
    with reading() as session:
        known = rules.ids(session)
    for rule_id in known:
        job: Job | None = _tried(retrainings.begin, rule_id)
        if job is not None:
            _log.info("a rule started a training", rule=rule_id, job_id=job.id)
            queues.ring(job.queue)


def _tried(step: Callable[[str], Answer], of: str) -> Answer | None:
    try:
        return step(of)
    except TRANSIENT:
        raise
    except Exception as error:  # noqa: BLE001 — it is tried again at the next look
        _log.warning("a rule could not be followed", step=step.__name__, of=of, error=str(error))
        return None
