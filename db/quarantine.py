"""What a policy has blocked: rows that stay and tell why, and bytes that nobody is served."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import embeddings, revisions
from db.operations.reasons import Reason, stored
from db.tables.pictures import Picture
from db.tables.results import Result

BLOCKED: Final = "blocked_by_policy"
"""How a job ends that a policy does not let through."""


class Quarantined(ValueError):
    """The bytes that are asked for are served to nobody."""


def check_picture(row: Picture) -> None:
    """Whether its bytes may be served.

    Raises:
        Quarantined: a policy blocked it.
    """
    if row.quarantine is not None:
        raise Quarantined("the policy blocked this picture; `reasons` of its jobs say why")


def check_result(visibility: str | None) -> None:
    """The same of a result's bytes, and of the stages of how it came about."""
    if visibility == "quarantined":
        raise Quarantined("this result was blocked or rejected; its `reasons` say why")


def keep(
    session: Session, tenant: str, picture_id: str, *, policy: str, reasons: Sequence[Reason]
) -> None:
    """A picture or a result is served to nobody from now on; what is not there stays so.

    No search finds it: who is given it back has it embedded again.
    """
    told = {"policy": policy, "reasons": stored(reasons)}
    mine = (Picture.tenant == tenant, Picture.id == picture_id)
    session.execute(update(Picture).where(*mine).values(quarantine=told))
    of_result = (Result.tenant == tenant, Result.id == picture_id)
    values = {"visibility": "quarantined", "policy_version": policy, "reasons": stored(reasons)}
    _change(session, of_result, values)
    embeddings.forget(session, [picture_id])


def keep_bytes(
    session: Session, tenant: str, sha256: str, *, policy: str, reasons: Sequence[Reason]
) -> int:
    """All pictures and results of exactly these bytes; how many there are."""
    mine = (Picture.tenant == tenant, Picture.sha256 == sha256)
    same = (Result.tenant == tenant, Result.blob_key == sha256)
    ids = [*session.scalars(select(Picture.id).where(*mine))]
    ids += session.scalars(select(Result.id).where(*same))
    for one in ids:
        keep(session, tenant, one, policy=policy, reasons=reasons)
    return len(ids)


def give_back(session: Session, tenant: str, picture_id: str) -> None:
    """A picture that was judged again and passes; a result is given back by nobody."""
    mine = (Picture.tenant == tenant, Picture.id == picture_id, Picture.quarantine.is_not(None))
    session.execute(update(Picture).where(*mine).values(quarantine=None))


def _change(session: Session, which: tuple[Any, ...], values: dict[str, Any]) -> None:
    changed = update(Result).where(*which, Result.visibility != "quarantined").values(**values)
    revisions.one_more(session, list(session.scalars(changed.returning(Result.job_id))))
