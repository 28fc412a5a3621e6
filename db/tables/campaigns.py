"""Which of several results shoppers act on: campaigns, their arms, and what was counted."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row

NO_CAMPAIGN: Final = ""
LONGEST_EVENT_ID: Final = 64


class Campaign(Row):
    """Results that stand in for each other, and what makes one of them the better.

    Attributes:
        goal: what an impression is hoped to lead to.
        closed_at: from when on it chooses no more.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        UniqueConstraint("tenant", "name"),
        Index("ix_campaign_newest", "tenant", "created_at", "id"),
        CheckConstraint("goal IN ('click', 'order')", name="goal"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    goal: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Arm(Row):
    """A result that a campaign may choose, until it is retired; its counts stay."""

    __tablename__ = "arm"
    __table_args__ = (Index("ix_arm_result_id", "result_id"),)

    campaign_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("campaign.id"), primary_key=True
    )
    result_id: Mapped[str] = mapped_column(String(36), ForeignKey("result.id"), primary_key=True)
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Tally(Row):
    """How often something happened with a result, in a campaign or in none (`NO_CAMPAIGN`).

    The count is the sum over the shards: who counts at once need not wait for one row.
    """

    __tablename__ = "tally"
    __table_args__ = (
        CheckConstraint("kind IN ('choice', 'impression', 'click', 'order')", name="kind"),
    )

    result_id: Mapped[str] = mapped_column(String(36), ForeignKey("result.id"), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(BigInteger)


class ShopEvent(Row):
    """The caller's id of an event that was counted; nothing of who it was about."""

    __tablename__ = "shop_event"
    __table_args__ = (
        Index("ix_shop_event_received_at", "received_at"),
        {"sqlite_with_rowid": False},
    )

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(LONGEST_EVENT_ID), primary_key=True)
    received_at: Mapped[datetime]
