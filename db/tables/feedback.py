"""What people thought of results."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Feedback(Row):
    """One person's rating of one result; rated again, the later one counts.

    Attributes:
        rater: whatever the storefront calls that person by; opaque, and empty if it does not say.
        rating: -1 rejected, 0 neither, 1 accepted.
        region: left, top, width, height in the delivered file's pixels; what the reason is about.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("result_id", "rater"),
        Index("ix_feedback_newest", "tenant", "created_at", "id"),
        CheckConstraint("rating IN (-1, 0, 1)", name="rating"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    result_id: Mapped[str] = mapped_column(String(36), ForeignKey("result.id"))
    rater: Mapped[str] = mapped_column(String(255))
    rating: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str | None] = mapped_column(String(255))
    region: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
