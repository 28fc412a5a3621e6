"""What a run made becomes a candidate: version, evaluation and the job's success in one commit."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import blobs, transitions, versions
from db.engine import transaction
from db.fence import Lease
from db.tables.jobs import SUCCEEDED, Job
from db.tables.versions import Dataset, Version
from db.transitions import Outcome
from models.weights import Card
from workers import evaluating, settings
from workers.evaluating import Measured
from workers.failures import LeaseLost
from workers.patience import Written, patiently

MOST_FOR_A_NAME = 10
Write = Callable[[Session, Job, Lease, "Candidate", str], object]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Weights that are to be a version.

    Attributes:
        name: of the version, without its number.
        weights: their file.
        found: how good they are; or why that was not measured.
        dataset: what they learnt from, or were measured on.
        report: what the job tells beside version and evaluation.
    """

    name: str
    network: str
    weights: bytes
    card: Card
    found: Measured | str
    dataset: Dataset
    report: dict[str, Any] = field(default_factory=dict)

    def whole_card(self) -> Card:
        """With the scores of what was evaluated, beside the baseline's."""
        if isinstance(self.found, str):
            return self.card
        findings = self.found.findings
        return replace(
            self.card,
            scores={**self.card.scores, **findings.scores},
            baseline={findings.measure: findings.over_baseline.other},
        )


def commit(job: Job, lease: Lease, made: Candidate) -> None:
    """The version and the job's success are one transaction, or nothing."""
    _written(job, lease, made, _succeed)


def keep(job: Job, lease: Lease, made: Candidate) -> None:
    """The version alone, of a job that somebody else ends."""
    _written(job, lease, made, _add)


def _written(job: Job, lease: Lease, made: Candidate, write: Write) -> None:
    key = blobs.put(job.tenant, made.weights)
    for _ in range(MOST_FOR_A_NAME):
        with suppress(IntegrityError):  # another run took the version's number at the same moment
            waiting(lambda: _fenced(job, lease, made, key, write))
            return
    raise RuntimeError(f"{MOST_FOR_A_NAME} other runs took the number of this version")


def waiting(write: Callable[[], Written]) -> Written:
    """As long as the parent's lease would hold: hours of training wait for a database."""
    return patiently(write, patience_s=settings.get().lease_s)


def _fenced(job: Job, lease: Lease, made: Candidate, key: str, write: Write) -> None:
    with transaction() as session:
        if transitions.has_ended_so(session, Outcome(lease, SUCCEEDED)):
            return  # the answer to this commit was lost, the commit was not
        if not transitions.is_held(session, lease):
            _log.warning("a late version was refused", job_id=job.id, token=lease.token)
            return
        blobs.hold(session, job.tenant, [key])
        write(session, job, lease, made, key)


def _add(session: Session, job: Job, lease: Lease, made: Candidate, key: str) -> Version:  # noqa: ARG001
    return versions.add(
        session,
        tenant=job.tenant,
        name=made.name,
        network=made.network,
        state="candidate",
        weights_key=key,
        card=made.whole_card().to_json(),
        dataset_id=made.dataset.id,
        job_id=job.id,
    )


def _succeed(session: Session, job: Job, lease: Lease, made: Candidate, key: str) -> None:
    version = _add(session, job, lease, made, key)
    named = {"version": version.label, "version_id": version.id}
    report = {**named, **made.report, **_judged(session, job, version, made)}
    if not transitions.succeed(session, lease, report=report):
        raise LeaseLost(job.id)  # rolls the version back: on PostgreSQL a sweep may slip in


def _judged(session: Session, job: Job, version: Version, made: Candidate) -> dict[str, Any]:
    """The evaluation's row, and what the job reports of it."""
    if isinstance(made.found, str):
        return {"evaluation": None, "not_evaluated": made.found}
    evaluating.keep(session, job, version.id, made.found, dataset_id=made.dataset.id)
    return {"evaluation": made.found.told()}
