"""What a gate or a policy held back, and a person lets go or keeps from everybody."""

from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import embeddings, revisions
from db.results import ResultNotFound
from db.tables.results import Result

Verdict = Literal["approve", "reject"]
_BECOMES: Final = {"approve": "published", "reject": "quarantined"}


class NotHeld(ValueError):
    """The result waits for nobody: it was published, or somebody decided already."""


def decide(session: Session, tenant: str, result_id: str, verdict: Verdict) -> Result:
    """Held → published or quarantined; the same verdict again changes nothing.

    The job stays as it ended, whatever a person thinks of the picture.

    Raises:
        ResultNotFound: the tenant has none of this id.
        NotHeld: it is not held, and not as this verdict leaves it.
    """
    mine = select(Result).where(Result.tenant == tenant, Result.id == result_id)
    row = session.scalars(mine.with_for_update()).one_or_none()
    if row is None:
        raise ResultNotFound("no result has this id")
    if row.visibility not in ("held", _BECOMES[verdict]):
        raise NotHeld(f"the result is {row.visibility}")
    if row.visibility == "held":
        row.visibility = _BECOMES[verdict]
        if row.visibility == "quarantined":  # and no search finds it
            embeddings.forget(session, [row.id])
        revisions.one_more(session, [row.job_id])
    return row
