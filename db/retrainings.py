"""What a rule does: it is met → the dataset's next version → a training → what came of it.

What is decided is asked for again behind the rule's lock: of two processes that look at once, one
starts the training.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import admission, causes, clock, datasets, jobs, promotions, registration, versions
from db.causes import Cause
from db.datasets import DatasetNotFound
from db.engine import long_transaction, reading
from db.ids import new_id
from db.operations.order import parse
from db.promotions import AlreadyServing, NotBetter, NotEvaluated
from db.rated import NothingRated
from db.refusals import Refused
from db.registration import NothingLeft
from db.tables.jobs import CANCELLED, SUCCEEDED, TERMINAL, Job
from db.tables.retrainings import Retraining, RetrainingRule
from db.tables.versions import Dataset

BUSY: Final = "training_running"
"""Somebody trains this very version: the rule waits until that is over."""


def over() -> Sequence[str]:
    """The ids of those whose training has ended, or is gone, and that nobody has closed."""
    ended = Job.id.is_(None) | Job.state.in_(TERMINAL)
    rows = (
        select(Retraining.id)
        .outerjoin(Job, Job.id == Retraining.job_id)
        .where(Retraining.outcome.is_(None), ended)
        .order_by(Retraining.created_at)
    )
    with reading() as session:
        return session.scalars(rows).all()


def begin(rule_id: str) -> Job | None:
    """Train if the rule is met; the new job, if there is one.

    A dataset that could not be learnt from is the end of it, and told.

    Raises:
        StillLooking: many rated results were never looked at; asked again, it goes on.
        QueueQuota: the shop has as many jobs as it may.
    """
    with reading() as session:
        rule = session.get(RetrainingRule, rule_id)
        if rule is None or causes.of(session, rule) is None:
            return None
        tenant, name = rule.tenant, rule.dataset
    try:
        return _placed(rule_id, unchanged=_next_version(tenant, name))
    except (DatasetNotFound, NothingLeft) as error:
        _refuse(rule_id, str(error))
    except Refused as error:
        if error.code != BUSY:
            _refuse(rule_id, error.detail)
    return None


def close(retraining_id: str) -> None:
    """Say what came of a training that is over; let its version serve if it is better."""
    with long_transaction() as session:
        row = session.get(Retraining, retraining_id, with_for_update=True)
        if row is None or row.outcome is not None:
            return
        job = None if row.job_id is None else jobs.find(session, row.tenant, row.job_id)
        row.outcome, row.detail = _ended(session, row, job)
        row.ended_at = clock.now()


def of(session: Session, rule_id: str, *, most: int) -> Sequence[Retraining]:
    """What came of a rule, newest first."""
    newest_first = (Retraining.created_at.desc(), Retraining.id.desc())
    mine = select(Retraining).where(Retraining.rule_id == rule_id)
    return session.scalars(mine.order_by(*newest_first).limit(most)).all()


def _next_version(tenant: str, name: str) -> str | None:
    """Make the dataset's next version of what people said; why not, where that changes nothing."""
    try:
        registration.register_rated(tenant, name)
    except NothingRated as error:
        return str(error)
    return None


def _placed(rule_id: str, *, unchanged: str | None) -> Job | None:
    with long_transaction() as session:
        rule = _locked(session, rule_id)
        cause = None if rule is None else causes.of(session, rule)
        if rule is None or cause is None:
            return None  # somebody else was here meanwhile
        dataset = datasets.own(session, rule.tenant, rule.dataset)
        if unchanged is not None and _was_learnt(session, rule, dataset):
            _add(session, rule, cause, outcome="nothing_new", detail=unchanged)
            return None
        told = {**rule.operation, "dataset": f"{dataset.name}@{dataset.version}"}
        order = parse(json.dumps({"operation": told}).encode())
        job = admission.place(session, rule.tenant, order, key=None).job
        _add(session, rule, cause, dataset_id=dataset.id, job_id=job.id)
        return job


def _refuse(rule_id: str, detail: str) -> None:
    with long_transaction() as session:
        rule = _locked(session, rule_id)
        cause = None if rule is None else causes.of(session, rule)
        if rule is not None and cause is not None:
            _add(session, rule, cause, outcome="refused", detail=detail)


def _locked(session: Session, rule_id: str) -> RetrainingRule | None:
    return session.get(RetrainingRule, rule_id, with_for_update=True, populate_existing=True)


def _was_learnt(session: Session, rule: RetrainingRule, dataset: Dataset) -> bool:
    """Whether what serves has learnt from this very version: once more would be no other."""
    serving = versions.serving_now(session, rule.tenant, rule.network)
    return serving is not None and serving.dataset_id == dataset.id


def _add(session: Session, rule: RetrainingRule, cause: Cause, **columns: Any) -> None:
    """The retraining's row; the ratings that were counted count no more."""
    is_over = "outcome" in columns
    row = Retraining(
        id=new_id(),
        rule_id=rule.id,
        tenant=rule.tenant,
        cause=cause.kind,
        told={**cause.told, "sentence": cause.sentence},
        created_at=clock.now(),
        ended_at=clock.now() if is_over else None,
        **columns,
    )
    session.add(row)
    rule.counted_until = cause.asked_at
    session.flush()


def _ended(session: Session, row: Retraining, job: Job | None) -> tuple[str, str | None]:
    """The outcome, and why."""
    if job is None:
        return "failed", "the training's job was removed"
    if job.state == CANCELLED:
        return "cancelled", None
    version = versions.of_job(session, job.id)
    if job.state != SUCCEEDED or version is None:
        return "failed", job.error_detail
    row.version_id = version.id
    rule = session.get_one(RetrainingRule, row.rule_id)
    if not rule.promotes:
        return "trained", None
    return _promoted(session, row, version.id)


def _promoted(session: Session, row: Retraining, version_id: str) -> tuple[str, str | None]:
    try:
        reason = f"retrained: {row.told['sentence']}"
        promotions.promote(session, row.tenant, version_id, by=None, reason=reason[:255])
    except (AlreadyServing, NotEvaluated, NotBetter) as error:
        return "not_promoted", str(error)
    return "promoted", None
