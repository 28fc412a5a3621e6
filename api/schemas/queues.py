"""The queues as an operator sees them."""

from datetime import datetime

from api.schemas.base import Answer


class QueueOut(Answer):
    name: str
    queued: int
    """Jobs that wait, those for later included."""
    due: int
    """Of them, those that a worker may take now."""
    running: int
    oldest_due_s: float | None
    """How long the first of the due ones could have run already."""
    paused_at: datetime | None
    """Since when nothing is taken from it."""


class QueuesOut(Answer):
    items: list[QueueOut]
