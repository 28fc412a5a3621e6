"""Keys: given out, replaced, taken back. The operator's business, for anyone."""

import json
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import keys
from api.schemas.keys import KeyIssued, KeysQuery
from db.keys import SCOPES

MOST = 200
router = APIRouter(prefix="/admin")


@router.get("/keys")
def page(request: Request, admin: SignedIn) -> Response:
    """A tenant's, newest first; without `tenant` those of whose key signed in."""
    asked = forms.asked(request, KeysQuery)
    tenant = asked.tenant or admin.tenant
    return _page(request, tenant, keys.page(asked, admin.tenant))


@router.post("/keys")
def issue(request: Request, admin: SignedIn, sent: Sent) -> Response:
    """A further key; its text is on this page and nowhere else."""
    wanted = {
        "name": sent.get("name", ""),
        "scopes": forms.chosen(sent, "scope", SCOPES),
        "expires_in_days": forms.whole(sent, "expires_in_days"),
    }
    tenant = request.query_params.get("tenant") or admin.tenant
    new = keys.issue(json.dumps(wanted).encode(), admin.tenant, Response(), tenant)
    return _page(request, tenant, keys.page(KeysQuery(tenant=tenant), admin.tenant), new)


@router.post("/keys/{key_id}/rotate")
def rotate(request: Request, admin: SignedIn, _sent: Sent, key_id: str) -> Response:
    """A new key in its place; its text is on this page and nowhere else."""
    tenant = request.query_params.get("tenant") or admin.tenant
    new = keys.rotate(key_id, admin.tenant, Response(), tenant)
    return _page(request, tenant, keys.page(KeysQuery(tenant=tenant), admin.tenant), new)


@router.post("/keys/{key_id}/revoke")
def revoke(request: Request, admin: SignedIn, _sent: Sent, key_id: str) -> Response:
    tenant = request.query_params.get("tenant") or admin.tenant
    keys.revoke(key_id, admin.tenant, tenant)
    return pages.back_to(f"/admin/keys?tenant={tenant}", did="revoked")


def _page(request: Request, tenant: str, told: object, new: KeyIssued | None = None) -> Response:
    return pages.show(
        request,
        "keys.html",
        keys=told,
        tenant=tenant,
        scopes=SCOPES,
        new=new,
        now=datetime.now(UTC),
    )
