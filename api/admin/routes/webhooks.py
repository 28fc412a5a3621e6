"""Webhooks: who hears, what was told to whom, what was answered, and once more."""

import json
from collections.abc import Mapping
from typing import Any, get_args

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn
from api.routes import deliveries, webhooks
from api.schemas.webhooks import DeliveriesQuery, Event, WebhookIssued

router = APIRouter(prefix="/admin/webhooks")
STATES = ("pending", "delivered", "failed")
EVENTS: tuple[str, ...] = get_args(Event)


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
        events=EVENTS,
    )


@router.post("")
def add(request: Request, admin: SignedIn, sent: Sent) -> Response:
    """A further address; its secret is on this page and nowhere else."""
    return _told(request, webhooks.add(_raw(_wanted(sent)), admin.tenant, Response()))


@router.get("/deliveries/{delivery_id}")
def delivery(request: Request, admin: SignedIn, delivery_id: str) -> Response:
    """One with its body and every attempt."""
    told = deliveries.find(delivery_id, admin.tenant)
    return pages.show(request, "delivery.html", delivery=told)


@router.post("/deliveries/{delivery_id}/replay")
def replay(admin: SignedIn, _sent: Sent, delivery_id: str) -> Response:
    new = deliveries.replay(delivery_id, admin.tenant, Response())
    return pages.back_to(f"/admin/webhooks/deliveries/{new.id}", did="replayed")


@router.get("/{webhook_id}")
def one(request: Request, admin: SignedIn, webhook_id: str) -> Response:
    """One, to be changed."""
    return _told(request, webhooks.find(webhook_id, admin.tenant))


@router.post("/{webhook_id}")
def change(admin: SignedIn, sent: Sent, webhook_id: str) -> Response:
    """Another address also for what still waits; other events; another description."""
    webhooks.change(webhook_id, _raw(_wanted(sent)), admin.tenant)
    return pages.back_to(f"/admin/webhooks/{webhook_id}", did="changed")


@router.post("/{webhook_id}/rotate")
def rotate(request: Request, admin: SignedIn, _sent: Sent, webhook_id: str) -> Response:
    """A new secret; it is on this page and nowhere else."""
    return _told(request, webhooks.rotate(webhook_id, admin.tenant, Response()))


@router.post("/{webhook_id}/delete")
def remove(admin: SignedIn, _sent: Sent, webhook_id: str) -> Response:
    """Forget it; the log of its deliveries stays."""
    webhooks.remove(webhook_id, admin.tenant)
    return pages.back_to("/admin/webhooks", did="removed")


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
    webhooks.change(webhook_id, _raw({"enabled": on}), tenant)
    return pages.back_to("/admin/webhooks", did="enabled" if on else "disabled")


def _wanted(sent: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": sent.get("url", "").strip(),
        "events": forms.chosen(sent, "event", EVENTS),
        "description": sent.get("description"),
    }


def _told(request: Request, webhook: object) -> Response:
    secret = webhook.secret if isinstance(webhook, WebhookIssued) else None
    return pages.show(request, "webhook.html", webhook=webhook, secret=secret, events=EVENTS)


def _raw(asked: Mapping[str, object]) -> bytes:
    """As a JSON body it passes the very checks of the API."""
    return json.dumps(asked).encode()
