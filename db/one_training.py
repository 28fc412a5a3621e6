"""One training of a name at a time: two at once would be two answers to one question.

The name is the version's that will come out: the label, or network and dataset.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import datasets
from db.datasets import DatasetNotFound
from db.jobs import Draft
from db.operations.order import Order
from db.operations.training import Train
from db.refusals import Refused, at
from db.tables.jobs import QUEUED, RUNNING, Job

CODE: Final = "training_running"
# Any number that no other lock of two numbers uses.
_POSTGRESQL_LOCK: Final = 7_225_746


def begin(session: Session, tenant: str, orders: Iterable[Order]) -> None:
    """Before a training is written: nobody else writes one before this transaction ends."""
    if not any(isinstance(order.operation, Train) for order in orders):
        return
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        lock = func.pg_advisory_xact_lock(_POSTGRESQL_LOCK, func.hashtext(tenant))
        session.execute(select(lock))


def refuse_second(session: Session, job: Job, order: Order) -> None:
    """Whether the job that was just written is the only one of its name.

    Raises:
        Refused: `training_running`, naming the other job; the transaction must not commit.
    """
    if not isinstance(order.operation, Train):
        return
    others = _open(session, job.tenant)
    others.pop(job.id)
    name = _name(session, job.tenant, order.operation.model_dump())
    for other, taken in others.items():
        if taken == name:
            raise _refused(name, other)


def refused(session: Session, tenant: str, drafts: Mapping[int, Draft]) -> dict[int, Refused]:
    """Lines of a batch whose version is being trained, or will be by an earlier line."""
    training = {number: one for number, one in drafts.items() if one.row["op"] == "train"}
    if not training:
        return {}
    taken = {name: job_id for job_id, name in _open(session, tenant).items()}
    second: dict[int, Refused] = {}
    for number, draft in training.items():
        name = _name(session, tenant, json.loads(draft.row["request"])["operation"])
        other = taken.setdefault(name, draft.row["id"])
        if other != draft.row["id"]:
            second[number] = _refused(name, other)
    return second


def _open(session: Session, tenant: str) -> dict[str, str]:
    """What each open training of a tenant trains, by the job's id."""
    mine = (Job.tenant == tenant, Job.op == "train", Job.state.in_((QUEUED, RUNNING)))
    rows = session.execute(select(Job.id, Job.request).where(*mine)).all()
    return {
        job_id: _name(session, tenant, json.loads(request)["operation"]) for job_id, request in rows
    }


def _name(session: Session, tenant: str, operation: Mapping[str, Any]) -> str:
    if operation["label"]:
        return str(operation["label"])
    try:
        dataset = datasets.find(session, tenant, operation["dataset"]).name
    except DatasetNotFound:  # it is refused, or fails, for that
        dataset = operation["dataset"]
    return f"{operation['network']}-{dataset}"


def _refused(name: str, other: str) -> Refused:
    return at("/operation", CODE, f"{name!r} is being trained by the job {other}")
