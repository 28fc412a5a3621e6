"""Keys: given out, replaced, taken back. The operator's business, for any tenant."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response

from api import bodies, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.errors import Problem
from api.schemas.base import Page
from api.schemas.keys import KeyIn, KeyIssued, KeyOut, KeysQuery, TenantName, key_issued
from db import keys, tenants
from db.engine import reading, transaction
from db.key_text import is_id

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[needs("admin")])
Found = TypeVar("Found")
_DAY_S = 24 * 3600.0
_Of = Annotated[
    TenantName | None,
    Query(alias="tenant", description="Whose key; left out: the caller's own tenant's."),
]


@router.get("")
def page(query: Annotated[KeysQuery, Query()], mine: Tenant) -> Page[KeyOut]:
    """Newest first, also those that no longer open."""
    with reading() as session:
        tenant = tenants.find(session, query.tenant or mine).name
        after = pages.after(query.cursor)
        rows = keys.page(session, tenant, limit=query.limit + 1, after=after)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[KeyOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.post("", status_code=201, openapi_extra=bodies.described("KeyIn"))
def issue(raw: JsonBody, mine: Tenant, response: Response, of: _Of = None) -> KeyIssued:
    """A further key of a tenant; its text is in this answer and nowhere else."""
    wanted = bodies.parse_as(raw, KeyIn)
    days = wanted.expires_in_days
    with transaction() as session:
        new = keys.issue(
            session,
            tenants.find(session, of or mine).name,
            name=wanted.name,
            scopes=wanted.scopes,
            lasts_s=None if days is None else days * _DAY_S,
        )
    return _shown_once(new, response)


@router.post("/{key_id}/rotate", status_code=201)
def rotate(key_id: str, mine: Tenant, response: Response, of: _Of = None) -> KeyIssued:
    """A new key with the same name, scopes and lifetime; the old one opens for 24 hours more."""
    with transaction() as session:
        new = _there(keys.rotate(session, of or mine, key_id) if is_id(key_id) else None)
    return _shown_once(new, response)


@router.delete("/{key_id}")
def revoke(key_id: str, mine: Tenant, of: _Of = None) -> KeyOut:
    """The key opens nothing more, within API_KEY_REMEMBERED_S seconds."""
    with transaction() as session:
        row = _there(keys.revoke(session, of or mine, key_id) if is_id(key_id) else None)
    return KeyOut.model_validate(row)


def _shown_once(new: keys.Issued, response: Response) -> KeyIssued:
    response.headers["Location"] = "/v1/keys"
    response.headers["Cache-Control"] = "no-store"
    return key_issued(new.key, new.text)


def _there(found: Found | None) -> Found:
    if found is None:
        raise Problem("key_not_found", "the tenant has no key of this id")
    return found
