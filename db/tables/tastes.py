"""What shoppers and segments like."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Taste(Row):
    """One opinion of one picture or result; it goes with it, with its shopper, and with time.

    Attributes:
        picture_id: of a picture or of a result.
        segment: whom the storefront counts the shopper among; empty if it does not say.
        shopper: what the storefront calls one person; opaque, and empty if it does not say.
        who: the shopper, or the row's own id: of one shopper the later opinion counts.
        liked: 1 liked, -1 disliked.
    """

    __tablename__ = "taste"
    __table_args__ = (
        UniqueConstraint("tenant", "picture_id", "who"),
        Index("ix_taste_newest", "tenant", "created_at", "id"),
        Index("ix_taste_shopper", "tenant", "shopper"),
        Index("ix_taste_segment", "tenant", "segment", "created_at", "id"),
        Index("ix_taste_picture_id", "picture_id"),
        CheckConstraint("liked IN (-1, 1)", name="liked"),
        CheckConstraint("segment IS NOT NULL OR shopper IS NOT NULL", name="whose"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    picture_id: Mapped[str] = mapped_column(String(36))
    segment: Mapped[str | None] = mapped_column(String(64))
    shopper: Mapped[str | None] = mapped_column(String(64))
    who: Mapped[str] = mapped_column(String(64))
    liked: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]
