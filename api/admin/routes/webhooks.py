"""Webhooks: who hears, what was told to whom, what was answered, and once more."""

import json

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import deliveries, webhooks
from api.schemas.webhooks import DeliveriesQuery

router = APIRouter(prefix="/admin/webhooks")
STATES = ("pending", "delivered", "failed")


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """Addresses, then deliveries, newest first."""
    asked = forms.asked(request, DeliveriesQuery)
    return pages.show(
        request,
        "webhooks.html",
        asked=asked,
        webhooks=webhooks.all_of_mine(admin.tenant).items,
        deliveries=deliveries.page(asked, admin.tenant),
        states=STATES,
    )


@router.get("/deliveries/{delivery_id}")
def delivery(request: Request, admin: SignedIn, delivery_id: str) -> Response:
    """One with its body and every attempt."""
    told = deliveries.find(delivery_id, admin.tenant)
    return pages.show(request, "delivery.html", delivery=told)


@router.post("/deliveries/{delivery_id}/replay")
def replay(admin: SignedIn, _sent: Sent, delivery_id: str) -> Response:
    new = deliveries.replay(delivery_id, admin.tenant, Response())
    return pages.back_to(f"/admin/webhooks/deliveries/{new.id}", did="replayed")


@router.post("/{webhook_id}/test")
def ping(admin: SignedIn, _sent: Sent, webhook_id: str) -> Response:
    new = webhooks.ping(webhook_id, admin.tenant, Response())
    return pages.back_to(f"/admin/webhooks/deliveries/{new.id}", did="pinged")


@router.post("/{webhook_id}/enable")
def enable(admin: SignedIn, _sent: Sent, webhook_id: str) -> Response:
    return _switched(admin.tenant, webhook_id, on=True)


@router.post("/{webhook_id}/disable")
def disable(admin: SignedIn, _sent: Sent, webhook_id: str) -> Response:
    return _switched(admin.tenant, webhook_id, on=False)


def _switched(tenant: str, webhook_id: str, *, on: bool) -> Response:
    webhooks.change(webhook_id, json.dumps({"enabled": on}).encode(), tenant)
    return pages.back_to("/admin/webhooks", did="enabled" if on else "disabled")
