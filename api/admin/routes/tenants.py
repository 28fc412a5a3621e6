"""Tenants: made, and told how much of the house each may take. The operator's business."""

import json
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import tenants
from api.schemas.base import PageQuery
from db.tenants import CAPS

router = APIRouter(prefix="/admin/tenants")


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """Whom the house serves, with their caps; and a form for one more."""
    del admin  # an operator sees all
    told = tenants.page(forms.asked(request, PageQuery))
    return pages.show(request, "tenants.html", tenants=told)


@router.post("")
def create(_admin: SignedIn, sent: Sent) -> Response:
    """A new one; it asks for nothing before it has a key, so that page comes next."""
    new = tenants.create(_raw({"name": sent.get("name", "").strip(), **_caps(sent)}), Response())
    return pages.back_to(f"/admin/keys?tenant={new.name}", did="tenant_made")


@router.get("/{name}")
def one(request: Request, admin: SignedIn, name: str) -> Response:
    """One with its caps, to be set."""
    del admin
    return pages.show(request, "tenant.html", tenant=tenants.find(name))


@router.post("/{name}")
def change(_admin: SignedIn, sent: Sent, name: str) -> Response:
    """Set all its caps; what was left empty is no cap."""
    tenants.change(name, _raw(_caps(sent)))
    return pages.back_to(f"/admin/tenants/{name}", did="capped")


def _caps(sent: Mapping[str, str]) -> dict[str, int | None]:
    return {cap: forms.whole(sent, cap) for cap in CAPS}


def _raw(asked: Mapping[str, object]) -> bytes:
    """As a JSON body it passes the very checks of the API."""
    return json.dumps(asked).encode()
