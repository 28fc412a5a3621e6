"""What was done and what was used: the record of acts, and usage by day."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import SignedIn
from api.routes import audit, usage
from api.schemas.audit import AuditQuery
from api.schemas.usage import UsageQuery

router = APIRouter(prefix="/admin")


class Asked(UsageQuery):
    """Which days."""

    whole: Literal["yes"] | None = None
    """Also those that take long to add up."""


@router.get("/audit")
def acts(request: Request, admin: SignedIn) -> Response:
    """Who changed what, newest first; or all that happened to a picture."""
    asked = forms.asked(request, AuditQuery)
    told = audit.page(asked, admin.tenant)
    return pages.show(
        request, "audit.html", acts=told, asked=asked, tenant=asked.tenant or admin.tenant
    )


@router.get("/usage")
def days(request: Request, admin: SignedIn) -> Response:
    """The last thirty days, or those that were asked for; what is long to add up comes after."""
    asked = forms.asked(request, Asked)
    if asked.whole:
        told, without = usage.of_days(asked, admin.caller), None
    else:
        told, without = usage.at_once(asked, admin.caller)
    return pages.show(request, "usage.html", usage=told, without=without)
