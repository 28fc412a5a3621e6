"""A webhook and its deliveries, as callers send and see them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer, PageQuery, Text
from db.tables.deliveries import Delivery, DeliveryAttempt, Endpoint

Event = Literal[
    "job.succeeded", "job.failed", "job.cancelled", "job.dead", "batch.completed", "version.drifted"
]  # fmt: skip
Url = Annotated[str, Field(min_length=1, max_length=2048)]
State = Literal["pending", "delivered", "failed"]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class WebhookIn(_Part):
    """An address that wants to hear of events."""

    url: Url
    events: Annotated[list[Event], Field(max_length=20)] = []
    """None named: all of them, also those to come."""
    description: Text | None = None


class WebhookChange(_Part):
    """What is left out stays."""

    url: Url = ""
    events: Annotated[list[Event], Field(max_length=20)] = []
    description: Text | None = None
    enabled: bool = True
    """false: what waits to be delivered fails, and nothing new is written."""


class WebhookOut(Answer):
    id: str
    url: str
    events: list[str]
    """Empty: all of them."""
    description: str | None
    enabled: bool
    disabled_at: datetime | None
    disabled_because: str | None
    rotated_at: datetime | None
    created_at: datetime


class WebhookIssued(WebhookOut):
    secret: str
    """Keep it: nobody can show it again."""


class WebhooksOut(Answer):
    items: list[WebhookOut]


class SecretOut(Answer):
    """What signs deliveries to the `webhook_url` of jobs and batches."""

    secret: str


class DeliveryOut(Answer):
    """One event on its way to one address."""

    id: str
    message_id: str
    """The header `webhook-id`: the same for every attempt and replay."""
    webhook_id: str | None
    """null: it goes to the job's or batch's own webhook_url."""
    url: str
    event: str
    subject: str
    """The job's, batch's or webhook's id."""
    state: State
    attempt: int
    """How many were made."""
    due_at: datetime | None
    """When the next is made; null when none is."""
    replay_of: str | None
    created_at: datetime
    finished_at: datetime | None


class DeliveryAttemptOut(Answer):
    """One request and its answer."""

    number: int
    started_at: datetime
    ended_at: datetime
    status: int | None
    error: str | None
    answer: str | None
    """Its beginning."""


class DeliveryWhole(DeliveryOut):
    """A delivery with what is sent, and what was answered."""

    body: dict[str, Any]
    attempts: list[DeliveryAttemptOut]


class DeliveriesQuery(PageQuery):
    state: State | None = None
    """`failed` are those that nobody will send again by itself."""
    webhook_id: Text | None = None
    subject: Text | None = None


def webhook_out(row: Endpoint) -> WebhookOut:
    return WebhookOut(**_webhook(row))


def webhook_issued(row: Endpoint, secret: str) -> WebhookIssued:
    return WebhookIssued(**_webhook(row), secret=secret)


def delivery_out(row: Delivery) -> DeliveryOut:
    return DeliveryOut(**_delivery(row))


def delivery_whole(row: Delivery, attempts: Sequence[DeliveryAttempt]) -> DeliveryWhole:
    return DeliveryWhole(
        **_delivery(row),
        body=json.loads(row.body),
        attempts=[DeliveryAttemptOut.model_validate(attempt) for attempt in attempts],
    )


def _webhook(row: Endpoint) -> dict[str, Any]:
    names = (name for name in WebhookOut.model_fields if name != "enabled")
    return {**{name: getattr(row, name) for name in names}, "enabled": row.disabled_at is None}


def _delivery(row: Delivery) -> dict[str, Any]:
    names = (name for name in DeliveryOut.model_fields if name not in ("webhook_id", "due_at"))
    return {
        **{name: getattr(row, name) for name in names},
        "webhook_id": row.endpoint_id,
        "due_at": row.due_at if row.state == "pending" else None,
    }
