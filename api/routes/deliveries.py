"""The log of deliveries: what was told to whom, what was answered, and once more."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import pages
from api.auth import needs
from api.deps import Tenant
from api.errors import Problem
from api.schemas.base import Page
from api.schemas.webhooks import (
    DeliveriesQuery,
    DeliveryOut,
    DeliveryWhole,
    delivery_out,
    delivery_whole,
)
from db import deliveries, ids
from db.engine import reading, transaction
from db.tables.deliveries import Delivery
from workers.queues import ring

router = APIRouter(
    prefix="/v1/webhooks/deliveries", tags=["webhooks"], dependencies=[needs("webhooks")]
)


@router.get("")
def page(query: Annotated[DeliveriesQuery, Query()], tenant: Tenant) -> Page[DeliveryOut]:
    """Newest first; `state=failed` are those that nobody will send again by itself."""
    with reading() as session:
        rows = deliveries.page(
            session,
            tenant,
            limit=query.limit + 1,
            after=pages.after(query.cursor),
            state=query.state,
            endpoint_id=query.webhook_id,
            subject=query.subject,
        )
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[delivery_out(row) for row in rows], next_cursor=cursor)


@router.get("/{delivery_id}")
def find(delivery_id: str, tenant: Tenant) -> DeliveryWhole:
    """A delivery with its body and every attempt."""
    with reading() as session:
        known = ids.is_id(delivery_id)
        row = _there(deliveries.find(session, tenant, delivery_id) if known else None)
        return delivery_whole(row, deliveries.attempts(session, row.id))


@router.post("/{delivery_id}/replay", status_code=202)
def replay(delivery_id: str, tenant: Tenant, response: Response) -> DeliveryOut:
    """Tell it once more, under the same `webhook-id`, to where the webhook is now."""
    with transaction() as session:
        known = ids.is_id(delivery_id)
        row = _there(deliveries.replay(session, tenant, delivery_id) if known else None)
    ring("hooks")
    response.headers["Location"] = f"/v1/webhooks/deliveries/{row.id}"
    return delivery_out(row)


def _there(found: Delivery | None) -> Delivery:
    if found is None:
        raise Problem("delivery_not_found", "no delivery has this id")
    return found
