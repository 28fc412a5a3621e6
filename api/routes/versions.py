"""Versions: the weights that serve, what was measured of them, and who put them into service."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import bodies
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Caller, Tenant
from api.schemas.versions import (
    PromoteIn,
    PromotionOut,
    PromotionsOut,
    PromotionsQuery,
    RollBackIn,
    VersionDetail,
    VersionsOut,
    promotion_out,
    version_detail,
    version_out,
)
from db import evaluations, promotions, versions
from db.engine import reading, transaction

router = APIRouter(prefix="/v1/versions", tags=["versions"])
_READ, _WRITE = [needs("versions:read")], [needs("versions:write")]


@router.get("", dependencies=_READ)
def all_versions(tenant: Tenant) -> VersionsOut:
    """The shop's own and those that came with Packshot, newest first."""
    with reading() as session:
        return VersionsOut(items=[version_out(row) for row in versions.visible(session, tenant)])


@router.get("/promotions", dependencies=_READ)
def all_promotions(query: Annotated[PromotionsQuery, Query()], tenant: Tenant) -> PromotionsOut:
    """What was put into service, by whom, and what was taken back; newest first."""
    with reading() as session:
        found = promotions.of(session, tenant, query.network)
        return PromotionsOut(items=[promotion_out(row) for row in found])


@router.post("/rollback", dependencies=_WRITE, openapi_extra=bodies.described("RollBackIn"))
def roll_back(raw: JsonBody, caller: Caller) -> PromotionOut:
    """Take the last promotion of a network back: what served before serves again."""
    wanted = bodies.parse_as(raw, RollBackIn)
    with transaction() as session:
        return promotion_out(
            promotions.roll_back(session, caller.tenant, wanted.network, by=caller.key_id)
        )


@router.get("/{version}", dependencies=_READ)
def find(version: str, tenant: Tenant) -> VersionDetail:
    """By its id or label, with everything that was measured of it."""
    with reading() as session:
        row = versions.find(session, tenant, version)
        return version_detail(row, evaluations.of(session, tenant, row.id))


@router.post("/{version}/promote", dependencies=_WRITE, openapi_extra=bodies.described("PromoteIn"))
def promote(version: str, raw: JsonBody, caller: Caller) -> PromotionOut:
    """Let it serve all jobs, or a share of them, if it was measured to be better.

    Jobs that were claimed keep the version they have; workers need no restart.
    """
    wanted = bodies.parse_as(raw, PromoteIn)
    with transaction() as session:
        return promotion_out(
            promotions.promote(
                session,
                caller.tenant,
                version,
                by=caller.key_id,
                share=wanted.share,
                force=wanted.force,
                reason=wanted.reason,
            )
        )
