"""A campaign, its arms and its choices, as callers ask for them and see them."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.schemas.base import Answer, Text
from api.schemas.links import DEFAULT_S, LONGEST_S, LinkIn, LinkOut
from db import campaigns
from db.campaigns import MOST_ARMS, ArmSeen
from db.operations.base import Key
from db.tables.campaigns import Campaign

Goal = Annotated[
    Literal["click", "order"], Field(description="What an impression is hoped to lead to.")
]


class _Wish(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class CampaignIn(_Wish):
    """Results that stand in for each other: which does best is found out by showing them."""

    name: Text
    results: Annotated[list[Key], Field(min_length=1, max_length=MOST_ARMS)]
    """Published results of your own, each once."""
    goal: Goal = "click"

    @field_validator("results")
    @classmethod
    def _each_once(cls, ids: list[str]) -> list[str]:
        if len(set(ids)) < len(ids):
            raise ValueError("name each result once")
        return ids


class ArmIn(_Wish):
    """One more result to choose from."""

    result_id: Key


class ChoiceIn(_Wish):
    """What is to become of the choice."""

    impression: Literal["counted", "told"] = "told"
    """counted: what is chosen is seen, and counted as that; told: you tell so by an event."""
    lasts_s: Annotated[int, Field(ge=1, le=LONGEST_S)] = DEFAULT_S
    """So many seconds the link opens the file; at most seven days."""
    inline: bool = True
    """Shown in a page, where it would otherwise be saved."""

    def link(self) -> LinkIn:
        return LinkIn(lasts_s=self.lasts_s, inline=self.inline)


class ChoiceOut(Answer):
    """The result to show next."""

    campaign_id: str
    result_id: str
    link: LinkOut


class GoalRate(Answer):
    """How often an impression reaches the goal, by what was counted: a Beta distribution."""

    mean: float
    low: float
    """With `high` the ends of the interval that it is in with 95 %."""
    high: float


class ArmOut(Answer):
    """A result of a campaign, and how it does."""

    result_id: str
    state: Literal["live", "retired", "unpublished"]
    """Only live ones are chosen."""
    added_at: datetime
    retired_at: datetime | None
    choices: int
    choice_share: float | None
    """Of all choices of the campaign; null before the first."""
    impressions: int
    clicks: int
    orders: int
    rate: GoalRate
    best: float | None
    """How likely it is the best of the live ones, by 2,000 draws; null of one that is not live."""


class CampaignLinks(Answer):
    self: str
    choice: str


class CampaignOut(Answer):
    """What is chosen from, and by what."""

    id: str
    name: str
    goal: Goal
    created_at: datetime
    closed_at: datetime | None
    links: CampaignLinks


class CampaignDetail(CampaignOut):
    """With its arms, in the order they were added."""

    arms: list[ArmOut]


def campaign_out(row: Campaign) -> CampaignOut:
    return CampaignOut(
        id=row.id,
        name=row.name,
        goal="click" if row.goal == "click" else "order",
        created_at=row.created_at,
        closed_at=row.closed_at,
        links=CampaignLinks(
            self=f"/v1/campaigns/{row.id}", choice=f"/v1/campaigns/{row.id}/choice"
        ),
    )


def campaign_detail(row: Campaign, seen: Sequence[ArmSeen]) -> CampaignDetail:
    """The same counts are told in the same way always: drawn from one seed."""
    best = campaigns.best(seen, Random(0))  # noqa: S311 — of a page, not of a choice
    choices = sum(one.counts.choices for one in seen)
    arms = [_arm(one, best.get(one.arm.result_id), choices) for one in seen]
    return CampaignDetail(**dict(campaign_out(row)), arms=arms)


def _arm(one: ArmSeen, best: float | None, choices: int) -> ArmOut:
    low, high = one.belief.between(0.95)
    return ArmOut(
        result_id=one.arm.result_id,
        state=_state(one),
        added_at=one.arm.added_at,
        retired_at=one.arm.retired_at,
        choices=one.counts.choices,
        choice_share=one.counts.choices / choices if choices else None,
        impressions=one.counts.impressions,
        clicks=one.counts.clicks,
        orders=one.counts.orders,
        rate=GoalRate(mean=one.belief.mean, low=low, high=high),
        best=best,
    )


def _state(one: ArmSeen) -> Literal["live", "retired", "unpublished"]:
    if one.arm.retired_at is not None:
        return "retired"
    return "live" if one.is_live else "unpublished"
