"""Impressions, clicks and orders: told by the shop, counted once each, and read back."""

import json
from dataclasses import asdict

from fastapi import APIRouter

from api import bodies, errors, metrics
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.errors import Problem
from api.routes import results
from api.schemas.shop_events import (
    ShopEventIn,
    ShopEventLines,
    ShopEventProblem,
    ShopEventsOut,
    TalliesOut,
    TallyOut,
)
from db import shop_events, tally
from db.engine import reading, transaction
from db.refusals import Refused

router = APIRouter(prefix="/v1", tags=["campaigns"])


@router.post(
    "/events",
    dependencies=[needs("events")],
    openapi_extra=bodies.described("ShopEventsIn"),
)
def tell(raw: JsonBody, tenant: Tenant) -> ShopEventsOut:
    """Count up to 1,000 impressions, clicks and orders, each once; a wrong line stops no other."""
    lines = [_read(element) for element in bodies.parse_as(raw, ShopEventLines).events]
    told = [line.happened() for line in lines if isinstance(line, ShopEventIn)]
    with transaction() as session:
        outcomes = iter(shop_events.count(session, tenant, told))
    ends = [next(outcomes) if isinstance(line, ShopEventIn) else line for line in lines]
    out = ShopEventsOut(
        counted=ends.count("counted"),
        repeated=ends.count("repeated"),
        refused=sum(isinstance(end, Problem | Refused) for end in ends),
        problems=[
            ShopEventProblem(line=number, problem=errors.document(_problem(end)))
            for number, end in enumerate(ends, start=1)
            if isinstance(end, Problem | Refused)
        ],
    )
    metrics.shop_events_told(counted=out.counted, repeated=out.repeated, refused=out.refused)
    return out


@router.get("/results/{result_id}/tallies", dependencies=[needs("jobs:read")])
def of_result(result_id: str, tenant: Tenant) -> TalliesOut:
    """How often a result was chosen, seen, clicked and ordered, by campaign."""
    row = results.found(tenant, result_id)
    with reading() as session:
        counted = tally.of_result(session, row.id)
    items = [
        TallyOut(campaign_id=campaign_id or None, **asdict(counts))
        for campaign_id, counts in sorted(counted.items())
    ]
    return TalliesOut(items=items)


def _read(element: object) -> ShopEventIn | Problem:
    """One line by itself, with every check."""
    try:
        return bodies.parse(json.dumps(element).encode(), ShopEventIn.model_validate_json)
    except Problem as problem:
        return problem


def _problem(end: Problem | Refused) -> Problem:
    return end if isinstance(end, Problem) else errors.told(end)
