"""What the scores of a serving version are like, as they were at first and as they are now."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class ScoreWatch(Row):
    """The scores of one version's results for a shop; with an empty label how far they were read.

    Attributes:
        label: of the version.
        since: when it began to serve; of the row without a label, the newest result that was read.
        baseline: numbers by score of the first results since then; empty until they are enough.
        pending: of the latest, until they are enough to be compared.
        told: by score what the last comparison said.
        drifted_at: when scores became others; empty while they are alike.
    """

    __tablename__ = "score_watch"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    label: Mapped[str] = mapped_column(String(128), primary_key=True)
    since: Mapped[datetime]
    baseline: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    pending: Mapped[dict[str, Any]] = mapped_column(JSON)
    told: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    drifted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
