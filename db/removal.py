"""Rows that go: jobs and results with all that hangs on them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from db import stages
from db.tables.base import Row
from db.tables.campaigns import Arm, Tally
from db.tables.deliveries import Delivery, DeliveryAttempt
from db.tables.embeddings import Embedding
from db.tables.feedback import Feedback
from db.tables.jobs import Attempt, Job, JobInput
from db.tables.labels import Label
from db.tables.results import KEYS, Result
from db.tables.stages import Stage
from db.tables.tastes import Taste
from db.tables.trials import Trial
from db.tables.versions import Epoch, Version

Keys = Mapping[str, set[str]]
"""The bytes that the removed rows named, by tenant; tell `blobs.let_go`."""

_UNSEEN: Final = {"synchronize_session": False}


def remove_jobs(session: Session, job_ids: Collection[str]) -> Keys:
    """Jobs that are over, with their tries, inputs, results, stages and what was told of them.

    A version that one of them trained stays, and forgets where it came from.
    """
    keys = dict(remove_results(session, Result.job_id.in_(job_ids)))
    keys = _both(keys, remove_stages(session, job_ids))
    remove_deliveries(session, Delivery.subject.in_(job_ids))
    orphaned = update(Version).where(Version.job_id.in_(job_ids)).values(job_id=None)
    session.execute(orphaned, execution_options=_UNSEEN)
    shown = (Epoch.job_id.in_(job_ids), Epoch.grid_key.is_not(None))
    for tenant, key in session.execute(select(Epoch.tenant, Epoch.grid_key).where(*shown)):
        keys.setdefault(str(tenant), set()).add(str(key))
    for table in (Epoch, Trial, Attempt, JobInput):
        _remove(session, table, table.job_id.in_(job_ids))
    _remove(session, Job, Job.id.in_(job_ids))
    return keys


def remove_results(session: Session, which: ColumnElement[bool]) -> Keys:
    """Results, with their stages, their vectors and all that people said and did of them."""
    keys: dict[str, set[str]] = defaultdict(set)
    named = [getattr(Result, name) for name in KEYS]
    for tenant, *of_row in session.execute(select(Result.tenant, *named).where(which)):
        keys[tenant].update(key for key in of_row if key is not None)
    of_these = Stage.result_id.in_(select(Result.id).where(which))
    keys = _both(keys, stages.remove(session, of_these))
    for table in (Feedback, Arm, Tally):
        _remove(session, table, table.result_id.in_(select(Result.id).where(which)))
    for seen in (Embedding, Taste, Label):
        _remove(session, seen, seen.picture_id.in_(select(Result.id).where(which)))
    _remove(session, Result, which)
    return keys


def remove_stages(session: Session, job_ids: Collection[str]) -> Keys:
    """Of jobs whose rows may stay."""
    return stages.remove(session, Stage.job_id.in_(job_ids))


def remove_deliveries(session: Session, which: ColumnElement[bool]) -> None:
    """Those that are over; what is still on its way arrives."""
    over = (which, Delivery.finished_at.is_not(None))
    ids = session.scalars(select(Delivery.id).where(*over)).all()
    _remove(session, DeliveryAttempt, DeliveryAttempt.delivery_id.in_(ids))
    _remove(session, Delivery, Delivery.id.in_(ids))


def _both(keys: Keys, more: Keys) -> dict[str, set[str]]:
    tenants = keys.keys() | more.keys()
    return {tenant: keys.get(tenant, set()) | more.get(tenant, set()) for tenant in tenants}


def _remove(session: Session, table: type[Row], *which: Any) -> None:
    session.execute(delete(table).where(*which), execution_options=_UNSEEN)
