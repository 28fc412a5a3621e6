"""Policies: what a shop lets through, by channel, and what it was before."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import bodies
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Caller, Tenant
from api.schemas.moderation import HistoryQuery, PoliciesOut, PolicyIn, PolicyOut, policy_out
from db import policies
from db.engine import reading, transaction

router = APIRouter(prefix="/v1/policies", tags=["moderation"])


@router.get("", dependencies=[needs("jobs:read")])
def standing(tenant: Tenant) -> PoliciesOut:
    """Those that hold: the shop's own or the one that ships, then each channel's."""
    with reading() as session:
        return PoliciesOut(items=[policy_out(one) for one in policies.of(session, tenant)])


@router.get("/history", dependencies=[needs("jobs:read")])
def history(query: Annotated[HistoryQuery, Query()], tenant: Tenant) -> PoliciesOut:
    """Every version of one, the newest first: results name the one that judged them."""
    with reading() as session:
        found = policies.history(session, tenant, query.channel)
        return PoliciesOut(items=[policy_out(one) for one in found])


@router.put(
    "",
    openapi_extra=bodies.described("PolicyIn"),
    responses={201: {"description": "Its next version holds.", "model": PolicyOut}},
    dependencies=[needs("admin")],
)
def put(raw: JsonBody, caller: Caller, response: Response) -> PolicyOut:
    """Have a policy hold from now on; workers know within a second. 200: it says the same."""
    asked = bodies.parse_as(raw, PolicyIn)
    with transaction() as session:
        kept, is_new = policies.put(
            session, caller.tenant, asked.channel, asked.rules, by=caller.key_id
        )
    response.status_code = 201 if is_new else 200
    return policy_out(kept)
