"""What shoppers did with results, counted: each event once, by the id that the caller gave it."""

from collections import Counter as Sum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import String, literal, select
from sqlalchemy.orm import Session

from db import clock, results, settings, tally
from db.ids import is_id
from db.portable import as_given, given, insert
from db.refusals import Refused, at
from db.tables.campaigns import NO_CAMPAIGN, Arm, Campaign, ShopEvent
from db.tally import Counter

MOST: Final = 1_000
"""Events of one call."""
AHEAD: Final = timedelta(hours=1)
"""How far the clock of a shop may be ahead of ours."""

ShopKind = Literal["impression", "click", "order"]
Outcome = Literal["counted", "repeated"] | Refused


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as the caller tells it.

    Attributes:
        id: the caller's own, another for each event of the tenant.
        occurred_at: None says just now.
    """

    id: str
    kind: ShopKind
    result_id: str
    campaign_id: str | None = None
    occurred_at: datetime | None = None


def count(session: Session, tenant: str, events: Sequence[Happened]) -> list[Outcome]:
    """Count these; what became of each, in their order.

    One that is refused leaves no trace, so that it may be sent again when what was wrong is mended.
    """
    refusals = _refusals(session, tenant, events)
    good = {event.id for event, refusal in zip(events, refusals, strict=True) if refusal is None}
    new = _remember(session, tenant, good)
    told: list[Outcome] = []
    counted: Sum[Counter] = Sum()
    for event, refusal in zip(events, refusals, strict=True):
        if refusal is not None:
            told.append(refusal)
        elif event.id in new:
            new.remove(event.id)  # a second line of the same id repeats the first
            counted[Counter(event.result_id, event.campaign_id or NO_CAMPAIGN, event.kind)] += 1
            told.append("counted")
        else:
            told.append("repeated")
    tally.add(session, tenant, counted)
    return told


def remembered() -> timedelta:
    """How long the id of an event is kept; what happened before is refused."""
    return timedelta(days=settings.get().keep_event_ids_days)


def _refusals(session: Session, tenant: str, events: Sequence[Happened]) -> list[Refused | None]:
    """Of each event why it is not counted; None: it is, unless it was."""
    now: datetime = session.execute(select(clock.now())).scalar_one()
    known = results.hold(session, tenant, {event.result_id for event in events})
    named = {event.campaign_id for event in events if event.campaign_id is not None}
    campaigns, arms = _campaigns(session, tenant, named)

    def refusal(event: Happened) -> Refused | None:
        if (wrong := _wrong_time(event.occurred_at, now)) is not None:
            return wrong
        if event.result_id not in known:
            return at("/result_id", "result_not_found", "no result has this id")
        if event.campaign_id is None:
            return None
        if event.campaign_id not in campaigns:
            return at("/campaign_id", "campaign_not_found", "no campaign has this id")
        if (event.campaign_id, event.result_id) not in arms:
            return at("/result_id", "arm_not_found", "the campaign has no arm of this result")
        return None

    return [refusal(event) for event in events]


def _wrong_time(occurred_at: datetime | None, now: datetime) -> Refused | None:
    if occurred_at is None:
        return None
    if occurred_at < now - remembered():
        days = settings.get().keep_event_ids_days
        told = f"over {days:g} days ago: whether it was counted then is no longer known"
        return at("/occurred_at", "event_too_old", told)
    if occurred_at > now + AHEAD:
        return at("/occurred_at", "event_not_yet", f"it would be later than {now + AHEAD}")
    return None


def _campaigns(
    session: Session, tenant: str, named: Collection[str]
) -> tuple[set[str], set[tuple[str, str]]]:
    """Which of these the tenant has, and their arms, also those that were retired."""
    asked = [one for one in named if is_id(one)]
    if not asked:
        return set(), set()
    mine = select(Campaign.id).where(Campaign.tenant == tenant, Campaign.id.in_(asked))
    found = set(session.scalars(mine))
    of_them = select(Arm.campaign_id, Arm.result_id).where(Arm.campaign_id.in_(found))
    return found, {(campaign, result) for campaign, result in session.execute(of_them)}


def _remember(session: Session, tenant: str, ids: Iterable[str]) -> set[str]:
    """Keep these ids; those that were not known before.

    In one order, so that of two who tell the same events none waits for who waits for it.
    """
    rows = [{"id": one} for one in sorted(ids)]
    if not rows:
        return set()
    told = given(session.get_bind().dialect.name, "told", id=String())
    new = select(literal(tenant), told.c.id, clock.now()).order_by(told.c.id)
    names = ["tenant", "id", "received_at"]
    statement = insert(session, ShopEvent).from_select(names, new.params(told=as_given(rows)))
    return set(session.scalars(statement.on_conflict_do_nothing().returning(ShopEvent.id)))
