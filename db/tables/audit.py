"""Who changed what, and when: one row for each act."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Audit(Row):
    """One act that changed something, or tried to. It holds no body and no secret.

    Attributes:
        tenant: whose things it was about.
        actor_tenant: whose key asked.
        verb: the HTTP method.
        route: the route's pattern, as `/v1/keys/{key_id}/rotate`.
        resource: the path as it was asked, as `/v1/keys/0123456789AB/rotate`; behind it the picture
            that a body names, as `/v1/labels?picture=…`.
        outcome: done, or refused with the problem's status.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_newest", "tenant", "created_at", "id"),
        Index("ix_audit_created_at", "created_at"),
        CheckConstraint("outcome IN ('done', 'refused')", name="outcome"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_at: Mapped[datetime]
    tenant: Mapped[str] = mapped_column(String(64))
    actor_tenant: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(16))
    verb: Mapped[str] = mapped_column(String(8))
    route: Mapped[str] = mapped_column(String(255))
    resource: Mapped[str] = mapped_column(String(255))
    request_id: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(8))
    status: Mapped[int | None] = mapped_column(SmallInteger)
