"""Who may ask, and with which key."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Tenant(Row):
    """Whom keys, pictures and jobs belong to; an empty cap means no cap.

    An empty `max_requests_per_min` (of each key) or `max_upload_bytes_per_day` means what the API's
    settings say.
    """

    __tablename__ = "tenant"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    max_queued: Mapped[int | None]
    max_running: Mapped[int | None]
    max_requests_per_min: Mapped[int | None]
    max_upload_bytes_per_day: Mapped[int | None] = mapped_column(BigInteger)
    webhook_secret: Mapped[str | None] = mapped_column(Text)
    webhook_previous_secret: Mapped[str | None] = mapped_column(Text)
    webhook_rotated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def id(self) -> str:
        """What pages are cut by."""
        return self.name


class ApiKey(Row):
    """What a caller proves itself with; the secret itself is nowhere."""

    __tablename__ = "api_key"
    __table_args__ = (Index("ix_api_key_tenant", "tenant"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), ForeignKey("tenant.name"))
    name: Mapped[str] = mapped_column(String(128))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None] = mapped_column(String(16))
