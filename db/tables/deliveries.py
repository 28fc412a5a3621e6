"""What the storefront is told, where, and how often we tried."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial


class Endpoint(Row):
    """An address that wants to hear of events; its secret is kept encrypted."""

    __tablename__ = "endpoint"
    __table_args__ = (Index("ix_endpoint_tenant", "tenant"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(2048))
    description: Mapped[str | None] = mapped_column(String(255))
    events: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(Text)
    previous_secret: Mapped[str | None] = mapped_column(Text)
    rotated_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_because: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]


class Delivery(Row):
    """One event on its way to one address: the outbox."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        # By tenant and host, so that a thousand rows for a slow receiver hide nobody else's.
        partial("ix_delivery_due", "tenant", "host", "due_at", "id", where="state = 'pending'"),
        # The second half, so that PostgreSQL does not read all that is pending from this one.
        partial(
            "ix_delivery_endpoint",
            "endpoint_id",
            where="state = 'pending' AND endpoint_id IS NOT NULL",
        ),
        Index("ix_delivery_newest", "tenant", "created_at", "id"),
        partial(
            "ix_delivery_state",
            "tenant",
            "state",
            "created_at",
            "id",
            where="state <> 'delivered'",
        ),
        partial(
            "ix_delivery_told",
            "tenant",
            "endpoint_id",
            "created_at",
            "id",
            where="endpoint_id IS NOT NULL",
        ),
        Index("ix_delivery_subject", "subject"),
        partial("ix_delivery_over", "finished_at", where="finished_at IS NOT NULL"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    endpoint_id: Mapped[str | None] = mapped_column(String(36))
    url: Mapped[str] = mapped_column(String(2048))
    host: Mapped[str] = mapped_column(String(262))
    event: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(36))
    body: Mapped[str] = mapped_column(Text)
    replay_of: Mapped[str | None] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(16), default="pending")
    attempt: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    lease_token: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def message_id(self) -> str:
        """`webhook-id`: the same for every attempt and replay, so that receivers see doubles."""
        return self.replay_of or self.id


class DeliveryAttempt(Row):
    """One request and its answer."""

    __tablename__ = "delivery_attempt"

    delivery_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("delivery.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)


# As the partial indexes say it, so that a prepared question uses them too.
IS_PENDING = Delivery.state == literal_column("'pending'")
IS_UNDELIVERED = Delivery.state != literal_column("'delivered'")
