"""Campaigns: several results that stand in for each other, and which of them to show next."""

from random import SystemRandom
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from api import bodies, links, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.schemas.base import Page, PageQuery
from api.schemas.campaigns import (
    ArmIn,
    CampaignDetail,
    CampaignIn,
    CampaignOut,
    ChoiceIn,
    ChoiceOut,
    campaign_detail,
    campaign_out,
)
from db import campaigns
from db.campaigns import ArmSeen
from db.engine import reading, transaction
from db.tables.campaigns import Campaign

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])
_READ, _WRITE = [needs("jobs:read")], [needs("jobs:write")]
_CHANCE: Final = SystemRandom()


@router.get("", dependencies=_READ)
def page(query: Annotated[PageQuery, Query()], tenant: Tenant) -> Page[CampaignOut]:
    """Newest first, also those that are closed."""
    after = pages.after(query.cursor)
    with reading() as session:
        rows = campaigns.page(session, tenant, limit=query.limit + 1, after=after)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[campaign_out(row) for row in rows], next_cursor=cursor)


@router.post("", status_code=201, dependencies=_WRITE, openapi_extra=bodies.described("CampaignIn"))
def create(raw: JsonBody, tenant: Tenant, response: Response) -> CampaignDetail:
    """Choose among these results from now on."""
    asked = bodies.parse_as(raw, CampaignIn)
    with transaction() as session:
        made = campaigns.create(
            session, tenant, name=asked.name, goal=asked.goal, result_ids=asked.results
        )
        seen = _seen(session, made)
    told = campaign_detail(*seen)
    response.headers["Location"] = told.links.self
    return told


@router.get("/{campaign_id}", dependencies=_READ)
def find(campaign_id: str, tenant: Tenant) -> CampaignDetail:
    """With each arm's counts, and what they say of it."""
    with reading() as session:
        seen = _seen(session, campaigns.find(session, tenant, campaign_id))
    return campaign_detail(*seen)


@router.post("/{campaign_id}/arms", dependencies=_WRITE, openapi_extra=bodies.described("ArmIn"))
def add_arm(campaign_id: str, raw: JsonBody, tenant: Tenant) -> CampaignDetail:
    """One more to choose from; one that was retired comes back with its counts."""
    with reading() as session:
        campaigns.find(session, tenant, campaign_id)  # before anything is said of the body
    asked = bodies.parse_as(raw, ArmIn)
    with transaction() as session:
        row = campaigns.add_arm(session, tenant, campaign_id, asked.result_id)
        seen = _seen(session, row)
    return campaign_detail(*seen)


@router.post("/{campaign_id}/arms/{result_id}/retire", dependencies=_WRITE)
def retire(campaign_id: str, result_id: str, tenant: Tenant) -> CampaignDetail:
    """It is chosen no more; what shoppers still do with it is counted."""
    with transaction() as session:
        seen = _seen(session, campaigns.retire(session, tenant, campaign_id, result_id))
    return campaign_detail(*seen)


@router.post("/{campaign_id}/close", dependencies=_WRITE)
def close(campaign_id: str, tenant: Tenant) -> CampaignDetail:
    """It chooses no more; what shoppers still do is counted."""
    with transaction() as session:
        seen = _seen(session, campaigns.close(session, tenant, campaign_id))
    return campaign_detail(*seen)


@router.post(
    "/{campaign_id}/choice",
    dependencies=[needs("events")],
    openapi_extra=bodies.described("ChoiceIn"),
)
def choose(campaign_id: str, raw: JsonBody, tenant: Tenant, request: Request) -> ChoiceOut:
    """The result to show to the next shopper, by Thompson sampling, with a link to its file."""
    with transaction() as session:
        campaigns.find(session, tenant, campaign_id)  # before anything is said of the body
        asked = bodies.parse_as(raw, ChoiceIn)
        chosen = campaigns.choose(
            session, tenant, campaign_id, _CHANCE, impression=asked.impression
        )
        # Before it is counted for good: without a link nothing is shown.
        link = links.made(request, tenant, "results", chosen, asked.link())
    return ChoiceOut(campaign_id=campaign_id, result_id=chosen, link=link)


def _seen(session: Session, row: Campaign) -> tuple[Campaign, list[ArmSeen]]:
    """What is told of it; to draw from it takes longer than a transaction should."""
    session.refresh(row)
    return row, campaigns.arms(session, row)
