"""Whether a rule is met: new ratings, or worse results."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import clock, drift
from db.tables.feedback import Feedback
from db.tables.retrainings import Retraining, RetrainingRule


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a rule is met.

    Attributes:
        kind: as the retraining's row has it.
        told: the numbers.
        sentence: the same for people.
        asked_at: by the database's clock.
    """

    kind: Literal["ratings", "drift"]
    told: Mapping[str, Any]
    sentence: str
    asked_at: datetime


def of(session: Session, rule: RetrainingRule) -> Cause | None:
    """What meets a rule now; None while its last training is open, or nothing does."""
    last = _last(session, rule)
    if last is not None and last.outcome is None:
        return None
    now = session.scalars(select(clock.now())).one()
    by_ratings = _ratings(session, rule, now)
    return by_ratings or _drift(session, rule, now, None if last is None else last.created_at)


def _last(session: Session, rule: RetrainingRule) -> Retraining | None:
    newest_first = (Retraining.created_at.desc(), Retraining.id.desc())
    mine = select(Retraining).where(Retraining.rule_id == rule.id)
    return session.scalars(mine.order_by(*newest_first).limit(1)).first()


def _ratings(session: Session, rule: RetrainingRule, now: datetime) -> Cause | None:
    if rule.ratings is None:
        return None
    new = (
        Feedback.tenant == rule.tenant,
        Feedback.rating != 0,
        Feedback.created_at > rule.counted_until,
    )
    count = session.scalar(select(func.count()).select_from(Feedback).where(*new)) or 0
    if count < rule.ratings:
        return None
    return Cause("ratings", {"ratings": count}, f"{count} new ratings", now)


def _drift(
    session: Session, rule: RetrainingRule, now: datetime, last: datetime | None
) -> Cause | None:
    """After a training only younger results speak: one fall of the scores starts one training."""
    if rule.drop_db is None or rule.over_results is None:
        return None
    found = drift.of(
        session,
        rule.tenant,
        rule.network,
        over=rule.over_results,
        known_since=rule.created_at,
        after=last,
    )
    if found is None or found.drop_db < rule.drop_db or not found.is_sure:
        return None
    sentence = (
        f"the last {found.results} results of {found.version} have {found.now_db:.2f} dB, "
        f"its first had {found.then_db:.2f}"
    )
    return Cause("drift", asdict(found), sentence, now)
