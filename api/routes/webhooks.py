"""Webhooks: who wants to hear of events, and the secrets that prove who tells."""

from typing import TypeVar

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from api import bodies
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.errors import Problem, at
from api.schemas.webhooks import (
    DeliveryOut,
    SecretOut,
    WebhookChange,
    WebhookIn,
    WebhookIssued,
    WebhookOut,
    WebhooksOut,
    delivery_out,
    webhook_issued,
    webhook_out,
)
from db import deliveries, endpoints, ids, signing
from db.engine import reading, transaction
from db.tables.deliveries import Endpoint
from db.urls import Refused
from workers.queues import ring

Found = TypeVar("Found")
router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], dependencies=[needs("webhooks")])


@router.get("")
def all_of_mine(tenant: Tenant) -> WebhooksOut:
    """Oldest first."""
    with reading() as session:
        return WebhooksOut(items=[webhook_out(row) for row in endpoints.of(session, tenant)])


@router.post("", status_code=201, openapi_extra=bodies.described("WebhookIn"))
def add(raw: JsonBody, tenant: Tenant, response: Response) -> WebhookIssued:
    """An address that hears of events from now on; its secret is in this answer only."""
    wanted = bodies.parse_as(raw, WebhookIn)
    try:
        with transaction() as session:
            row, secret = endpoints.add(session, tenant, **wanted.model_dump())
    except Refused as error:
        raise at("/url", error.code, error.detail) from error
    response.headers["Location"] = f"/v1/webhooks/{row.id}"
    response.headers["Cache-Control"] = "no-store"
    return webhook_issued(row, secret)


@router.get("/secret")
def secret(tenant: Tenant, response: Response) -> SecretOut:
    """What signs deliveries to the `webhook_url` of jobs and batches."""
    with transaction() as session:
        return _unstored(response, signing.of_tenant(session, tenant))


@router.post("/secret/rotate")
def rotate_secret(tenant: Tenant, response: Response) -> SecretOut:
    """A new one; for 24 hours the old one signs beside it."""
    with transaction() as session:
        return _unstored(response, signing.rotate_of_tenant(session, tenant))


@router.get("/{webhook_id}")
def find(webhook_id: str, tenant: Tenant) -> WebhookOut:
    with reading() as session:
        return webhook_out(_found(session, tenant, webhook_id))


@router.patch("/{webhook_id}", openapi_extra=bodies.described("WebhookChange"))
def change(webhook_id: str, raw: JsonBody, tenant: Tenant) -> WebhookOut:
    """Another URL also for what still waits; or silence, or an end of it."""
    wanted = bodies.parse_as(raw, WebhookChange)
    named = wanted.model_fields_set
    try:
        with transaction() as session:
            _found(session, tenant, webhook_id)
            values = wanted.model_dump(include=named - {"enabled"})
            row = endpoints.change(session, tenant, webhook_id, values)
            if "enabled" in named and wanted.enabled:
                row = endpoints.enable(session, tenant, webhook_id)
            elif "enabled" in named:
                row = endpoints.disable(session, tenant, webhook_id, because="switched off")
    except Refused as error:
        raise at("/url", error.code, error.detail) from error
    return webhook_out(_there(row))


@router.delete("/{webhook_id}", status_code=204)
def remove(webhook_id: str, tenant: Tenant) -> None:
    """Forget the address and its secret; the log of its deliveries stays."""
    with transaction() as session:
        _found(session, tenant, webhook_id)
        endpoints.remove(session, tenant, webhook_id)


@router.post("/{webhook_id}/rotate")
def rotate(webhook_id: str, tenant: Tenant, response: Response) -> WebhookIssued:
    """A new secret, in this answer only; for 24 hours the old one signs beside it."""
    with transaction() as session:
        _found(session, tenant, webhook_id)
        new = _there(endpoints.rotate(session, tenant, webhook_id))
        row = _found(session, tenant, webhook_id)
    response.headers["Cache-Control"] = "no-store"
    return webhook_issued(row, new)


@router.post("/{webhook_id}/test", status_code=202)
def ping(webhook_id: str, tenant: Tenant, response: Response) -> DeliveryOut:
    """Send it `webhook.ping`; how that went is in the delivery."""
    with transaction() as session:
        row = deliveries.ping(session, _found(session, tenant, webhook_id))
    ring("hooks")
    response.headers["Location"] = f"/v1/webhooks/deliveries/{row.id}"
    return delivery_out(row)


def _found(session: Session, tenant: str, webhook_id: str) -> Endpoint:
    known = ids.is_id(webhook_id)
    return _there(endpoints.find(session, tenant, webhook_id) if known else None)


def _there(found: Found | None) -> Found:
    if found is None:
        raise Problem("webhook_not_found", "no webhook has this id")
    return found


def _unstored(response: Response, secret: str) -> SecretOut:
    response.headers["Cache-Control"] = "no-store"
    return SecretOut(secret=secret)
