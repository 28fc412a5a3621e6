"""The trials of a search, as callers see them."""

from datetime import datetime
from typing import Any, Literal

from api.schemas.base import Answer


class TrialOut(Answer):
    """One short training with settings of its own."""

    number: int
    parameters: dict[str, Any]
    state: Literal["running", "complete", "pruned", "failed"]
    """`pruned` fell behind the median; what was under way when its job ended stays `running`."""
    value: float | None
    """Its best validation score, of one that is complete; the higher the better."""
    measure: str | None
    """What that is."""
    scores: list[float]
    """After each epoch."""
    seconds: float
    error: str | None
    """Why it failed."""
    changed_at: datetime


class TrialsOut(Answer):
    items: list[TrialOut]
