"""Tenants: whom the house serves, and how much of it each may take. The operator's business."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import bodies, pages
from api.auth import needs
from api.bodies import JsonBody
from api.schemas.base import Page, PageQuery
from api.schemas.tenants import CapsIn, TenantIn, TenantOut
from db import tenants
from db.engine import reading, transaction

router = APIRouter(prefix="/v1/tenants", tags=["tenants"], dependencies=[needs("admin")])


@router.get("")
def page(query: Annotated[PageQuery, Query()]) -> Page[TenantOut]:
    """Newest first."""
    with reading() as session:
        after = pages.after(query.cursor)
        rows = tenants.page(session, limit=query.limit + 1, after=after)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[TenantOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.post("", status_code=201, openapi_extra=bodies.described("TenantIn"))
def create(raw: JsonBody, response: Response) -> TenantOut:
    """A new tenant; it asks for nothing before it has a key: POST /v1/keys?tenant=NAME."""
    wanted = bodies.parse_as(raw, TenantIn)
    with transaction() as session:
        row = tenants.create(session, wanted.name, wanted.model_dump(exclude={"name"}))
    response.headers["Location"] = f"/v1/tenants/{row.name}"
    return TenantOut.model_validate(row)


@router.get("/{name}")
def find(name: str) -> TenantOut:
    with reading() as session:
        return TenantOut.model_validate(tenants.find(session, name))


@router.patch("/{name}", openapi_extra=bodies.described("CapsIn"))
def change(name: str, raw: JsonBody) -> TenantOut:
    """Set the caps that are named; null lifts one."""
    wanted = bodies.parse_as(raw, CapsIn)
    with transaction() as session:
        row = tenants.change(session, name, wanted.model_dump(include=wanted.model_fields_set))
        return TenantOut.model_validate(row)
