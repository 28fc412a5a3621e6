"""Every question we ask of campaigns: made, shown, changed, and which arm is to be shown next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import clock, paging, results, tally, thompson
from db.ids import is_id, new_id
from db.portable import insert_once
from db.refusals import Refused, at
from db.tables.campaigns import Arm, Campaign
from db.tables.results import Result
from db.tally import Counter, Counts
from db.thompson import Belief

MOST_ARMS: Final = 100
"""Of one campaign, retired ones among them."""
Goal = Literal["click", "order"]
Impression = Literal["counted", "told"]


class CampaignNotFound(LookupError):
    """The tenant has no such campaign."""


class ArmNotFound(LookupError):
    """The campaign has no arm of this result."""


class CampaignNameTaken(ValueError):
    """The tenant has a campaign of this name, open or closed."""


class CampaignClosed(ValueError):
    """It chooses no more."""


class NoArmLeft(ValueError):
    """Every arm was retired, erased, or is not published any more."""


class TooManyArms(ValueError):
    """A campaign has as many as may be."""


@dataclass(frozen=True, slots=True)
class ArmSeen:
    """An arm as it is now: its row, whether its result may be shown, and what was counted."""

    arm: Arm
    visibility: str
    counts: Counts
    belief: Belief

    @property
    def is_live(self) -> bool:
        return self.arm.retired_at is None and self.visibility == "published"


def create(
    session: Session, tenant: str, *, name: str, goal: Goal, result_ids: Sequence[str]
) -> Campaign:
    """A campaign over these results.

    Raises:
        CampaignNameTaken: there is one of this name.
        Refused: one is no published result of the tenant's; the pointer names it.
    """
    row = {
        "id": new_id(), "tenant": tenant, "name": name, "goal": goal, "created_at": clock.now(),
    }  # fmt: skip
    session.execute(insert_once(session, Campaign, row))
    made = session.get(Campaign, row["id"])
    if made is None:
        raise CampaignNameTaken(f"there is a campaign {name!r} already")
    shown = _published(session, tenant, result_ids)
    for number, result_id in enumerate(result_ids):
        if (refused := _unfit(result_id, shown, f"/results/{number}")) is not None:
            raise refused
        session.add(Arm(campaign_id=made.id, result_id=result_id, added_at=clock.now()))
    session.flush()
    return made


def page(
    session: Session, tenant: str, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Campaign]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    mine, by = select(Campaign).where(Campaign.tenant == tenant), (Campaign.created_at, Campaign.id)
    return paging.newest(session, mine, by, limit=limit, after=after)


def find(session: Session, tenant: str, campaign_id: str) -> Campaign:
    """One of the tenant's.

    Raises:
        CampaignNotFound: there is none of this id.
    """
    found = session.get(Campaign, campaign_id) if is_id(campaign_id) else None
    if found is None or found.tenant != tenant:
        raise CampaignNotFound("no campaign has this id")
    return found


def arms(session: Session, campaign: Campaign) -> list[ArmSeen]:
    """Its arms in the order they were added, each with what was counted in this campaign."""
    of_it = select(Arm, Result.visibility).join(Result, Result.id == Arm.result_id)
    in_order = of_it.where(Arm.campaign_id == campaign.id).order_by(Arm.added_at, Arm.result_id)
    rows = session.execute(in_order).all()
    counted = tally.of_campaign(session, campaign.id, [arm.result_id for arm, _ in rows])
    return [
        ArmSeen(arm, visibility, counts, _belief(campaign, counts))
        for arm, visibility in rows
        for counts in (counted.get(arm.result_id, Counts()),)
    ]


def best(seen: Sequence[ArmSeen], chance: Random) -> Mapping[str, float]:
    """How likely each live arm is to be the best of them, by its result."""
    live = [one for one in seen if one.is_live]
    told = thompson.best([one.belief for one in live], chance)
    return {one.arm.result_id: share for one, share in zip(live, told, strict=True)}


def add_arm(session: Session, tenant: str, campaign_id: str, result_id: str) -> Campaign:
    """One more to choose from; one that was retired comes back with what was counted of it.

    Raises:
        CampaignNotFound: there is none of this id.
        CampaignClosed: it chooses no more.
        Refused: it is no published result of the tenant's.
        TooManyArms: there are `MOST_ARMS`.
    """
    campaign = _open(session, tenant, campaign_id)
    refused = _unfit(result_id, _published(session, tenant, [result_id]), "/result_id")
    if refused is not None:
        raise refused
    arm = session.get(Arm, (campaign.id, result_id))
    if arm is not None:
        arm.retired_at = None
    elif _arm_count(session, campaign) >= MOST_ARMS:
        raise TooManyArms(f"{MOST_ARMS} arms are the most; begin another campaign")
    else:
        session.add(Arm(campaign_id=campaign.id, result_id=result_id, added_at=clock.now()))
    session.flush()
    return campaign


def retire(session: Session, tenant: str, campaign_id: str, result_id: str) -> Campaign:
    """It is chosen no more; what shoppers still do with it is counted.

    Raises:
        CampaignNotFound: there is none of this id.
        ArmNotFound: it has no such arm.
        CampaignClosed: it chooses no more anyhow.
    """
    campaign = find(session, tenant, campaign_id)
    arm = session.get(Arm, (campaign.id, result_id))
    if arm is None:
        raise ArmNotFound("the campaign has no arm of this result")
    campaign = _open(session, tenant, campaign_id)
    if arm.retired_at is None:
        arm.retired_at = clock.now()
        session.flush()
    return campaign


def close(session: Session, tenant: str, campaign_id: str) -> Campaign:
    """It chooses no more; what shoppers still do is counted.

    Raises:
        CampaignNotFound: there is none of this id.
        CampaignClosed: it was closed before.
    """
    campaign = _open(session, tenant, campaign_id)
    campaign.closed_at = clock.now()
    session.flush()
    session.refresh(campaign)
    return campaign


def choose(
    session: Session, tenant: str, campaign_id: str, chance: Random, *, impression: Impression
) -> str:
    """The result to show next, by Thompson sampling; the choice is counted, and so may be its show.

    Raises:
        CampaignNotFound: there is none of this id.
        CampaignClosed: it chooses no more.
        NoArmLeft: nothing of it can be shown.
    """
    campaign = find(session, tenant, campaign_id)
    if campaign.closed_at is not None:
        raise CampaignClosed("the campaign is closed")
    live = [one for one in arms(session, campaign) if one.is_live]
    while live:
        chosen = live.pop(thompson.choose([one.belief for one in live], chance))
        result_id = chosen.arm.result_id
        # It may have been erased since it was read.
        if results.hold(session, tenant, {result_id}):
            kinds: tuple[tally.Kind, ...] = ("choice",)
            kinds += ("impression",) if impression == "counted" else ()
            counted = {Counter(result_id, campaign.id, kind): 1 for kind in kinds}
            tally.add(session, tenant, counted)
            return result_id
    raise NoArmLeft("no arm is left that could be shown; add one")


def _belief(campaign: Campaign, counts: Counts) -> Belief:
    reached = counts.clicks if campaign.goal == "click" else counts.orders
    return thompson.believed(reached, counts.impressions)


def _open(session: Session, tenant: str, campaign_id: str) -> Campaign:
    """One that is open, locked: whoever else changes it waits."""
    find(session, tenant, campaign_id)
    mine = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    campaign = session.scalars(mine, execution_options={"populate_existing": True}).one()
    if campaign.closed_at is not None:
        raise CampaignClosed("the campaign is closed")
    return campaign


def _published(session: Session, tenant: str, result_ids: Sequence[str]) -> dict[str, str]:
    """Of those that there are, how visible they are; they stay while the transaction lasts."""
    held = results.hold(session, tenant, set(result_ids))
    rows = session.execute(select(Result.id, Result.visibility).where(Result.id.in_(held)))
    return {row.id: row.visibility for row in rows}


def _unfit(result_id: str, shown: Mapping[str, str], pointer: str) -> Refused | None:
    if result_id not in shown:
        return at(pointer, "result_not_found", "no result has this id")
    if shown[result_id] != "published":
        return at(pointer, "result_not_published", f"the result is {shown[result_id]}")
    return None


def _arm_count(session: Session, campaign: Campaign) -> int:
    of_it = select(func.count()).where(Arm.campaign_id == campaign.id)
    return session.scalars(of_it).one()
