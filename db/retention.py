"""What has had its time: each function removes the oldest few, and says how many."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from db import blobs, clock, persons, removal
from db.shop_events import AHEAD
from db.tables.audit import Audit
from db.tables.batches import Batch, BatchLine
from db.tables.campaigns import Arm, Campaign, ShopEvent
from db.tables.deliveries import Delivery
from db.tables.jobs import QUEUED, RUNNING, Job, JobInput
from db.tables.results import Result
from db.tables.tastes import Taste
from db.tables.tenants import ApiKey
from db.tables.versions import Version
from db.tables.workers import Worker

DAY_S: Final = 24 * 3600.0
KEEP_WORKERS_DAYS: Final = 7.0
KEEP_KEYS_DAYS: Final = 90.0
MOST: Final = 1_000
MOST_BATCHES: Final = 10
"""Of up to 10,000 lines each."""
MOST_EVENT_IDS: Final = 10_000

_OPEN = (QUEUED, RUNNING)


def prune_jobs(session: Session, *, days: float, most: int = MOST) -> int:
    """Jobs that ended so long ago, with their results; their idempotency keys are free again.

    Kept for longer: jobs of an open batch, those whose results an open job works on or an open
    campaign may choose, those that trained a version, and those by which a picture is known to show
    a person, until it goes.
    """
    its_batch_is_open = exists().where(Batch.id == Job.batch_id, Batch.finished_at.is_(None))
    trained = exists().where(Version.job_id == Job.id)
    old = [_before(Job.finished_at, days), ~its_batch_is_open, ~trained, ~_is_source_of_open_job()]
    old += [~_is_arm_of_open_campaign(), ~persons.keeps()]
    ids = _oldest(session, Job.id, *old, by=Job.finished_at, most=most)
    for tenant, keys in sorted(removal.remove_jobs(session, ids).items()):
        blobs.let_go(session, tenant, keys)
    return len(ids)


def prune_batches(session: Session, *, days: float, most: int = MOST_BATCHES) -> int:
    """Batches that were over so long ago, with their lines; of their jobs see `prune_jobs`."""
    old = _before(Batch.finished_at, days)
    ids = _oldest(session, Batch.id, old, by=Batch.finished_at, most=most)
    session.execute(delete(BatchLine).where(BatchLine.batch_id.in_(ids)))
    session.execute(delete(Batch).where(Batch.id.in_(ids)))
    return len(ids)


def prune_deliveries(session: Session, *, days: float, most: int = MOST) -> int:
    """Webhooks that arrived, or were given up, so long ago."""
    old = _before(Delivery.finished_at, days)
    ids = _oldest(session, Delivery.id, old, by=Delivery.finished_at, most=most)
    removal.remove_deliveries(session, Delivery.id.in_(ids))
    return len(ids)


def prune_workers(session: Session, *, days: float = KEEP_WORKERS_DAYS, most: int = MOST) -> int:
    """Processes that stopped or went missing so long ago."""
    gone = (Worker.state.in_(("lost", "stopped")), _before(Worker.last_seen_at, days))
    ids = _oldest(session, Worker.id, *gone, by=Worker.last_seen_at, most=most)
    session.execute(delete(Worker).where(Worker.id.in_(ids)))
    return len(ids)


def prune_keys(session: Session, *, days: float = KEEP_KEYS_DAYS, most: int = MOST) -> int:
    """Keys that have opened nothing for so long, because they expired or were revoked."""
    dead = or_(_before(ApiKey.expires_at, days), _before(ApiKey.revoked_at, days))
    ids = _oldest(session, ApiKey.id, dead, by=ApiKey.created_at, most=most)
    session.execute(delete(ApiKey).where(ApiKey.id.in_(ids)))
    return len(ids)


def prune_audit(session: Session, *, days: float, most: int = MOST) -> int:
    """Acts so long ago."""
    old = _before(Audit.created_at, days)
    ids = _oldest(session, Audit.id, old, by=Audit.created_at, most=most)
    session.execute(delete(Audit).where(Audit.id.in_(ids)))
    return len(ids)


def prune_tastes(session: Session, *, days: float, most: int = MOST) -> int:
    """Opinions of shoppers so long ago."""
    old = _before(Taste.created_at, days)
    ids = _oldest(session, Taste.id, old, by=Taste.created_at, most=most)
    session.execute(delete(Taste).where(Taste.id.in_(ids)))
    return len(ids)


def prune_event_ids(session: Session, *, days: float, most: int = MOST_EVENT_IDS) -> int:
    """Ids of events that were told so long ago: an event as old as that is not counted any more.

    A clock that is ahead may have said that it was still to come: the id is kept as much longer.
    """
    key = (ShopEvent.tenant, ShopEvent.id)
    old = select(*key).where(_before(ShopEvent.received_at, days + AHEAD / timedelta(days=1)))
    first = old.order_by(ShopEvent.received_at).limit(most).with_for_update(skip_locked=True)
    gone = session.execute(delete(ShopEvent).where(tuple_(*key).in_(first)).returning(ShopEvent.id))
    return len(gone.all())


def _is_arm_of_open_campaign() -> ColumnElement[bool]:
    return exists().where(
        Result.job_id == Job.id,
        Arm.result_id == Result.id,
        Arm.retired_at.is_(None),
        Campaign.id == Arm.campaign_id,
        Campaign.closed_at.is_(None),
    )


def _is_source_of_open_job() -> ColumnElement[bool]:
    later = aliased(Job)
    return exists().where(
        Result.job_id == Job.id,
        JobInput.picture_id == Result.id,
        later.id == JobInput.job_id,
        later.state.in_(_OPEN),
    )


def _before(moment: Any, days: float) -> ColumnElement[bool]:
    old: ColumnElement[bool] = moment < clock.seconds_from_now(-days * DAY_S)
    return old


def _oldest(
    session: Session,
    key: InstrumentedAttribute[str],
    *which: ColumnElement[bool],
    by: Any,
    most: int,
) -> Sequence[str]:
    """Their ids, locked; what somebody is changing just now has its turn at the next round."""
    rows = select(key).where(*which).order_by(by).limit(most)
    return session.scalars(rows.with_for_update(skip_locked=True)).all()
