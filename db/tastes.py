"""Every question we ask of tastes: what shoppers and segments liked, and to forget a shopper."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from db import clock, paging, pictures
from db.ids import new_id
from db.portable import insert
from db.tables.tastes import Taste

MOST: Final = 1_000
"""So many opinions, the newest, say what somebody likes."""


class NothingThere(LookupError):
    """The tenant has no picture and no result of the id."""


@dataclass(frozen=True, slots=True)
class Who:
    """A segment, a shopper, or a shopper of a segment; one of both is there."""

    segment: str | None = None
    shopper: str | None = None


def keep(session: Session, tenant: str, picture_id: str, who: Who, *, liked: int) -> Taste:
    """Note an opinion; of one shopper the later one of the same picture counts.

    Who erases the picture later waits for this transaction, and takes the opinion along.

    Raises:
        NothingThere: there is no such picture or result.
    """
    if not pictures.resolve_many(session, tenant, [picture_id], hold=True):
        raise NothingThere("no picture and no result has this id")
    row_id = new_id()
    told: dict[str, Any] = {"segment": who.segment, "liked": liked, "created_at": clock.now()}
    row = {"id": row_id, "tenant": tenant, "picture_id": picture_id, "shopper": who.shopper}
    statement = insert(session, Taste).values(**row, who=who.shopper or row_id, **told)
    again = statement.on_conflict_do_update(
        index_elements=["tenant", "picture_id", "who"], set_=told
    )
    return session.scalars(
        again.returning(Taste), execution_options={"populate_existing": True}
    ).one()


def page(
    session: Session,
    tenant: str,
    who: Who,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> Sequence[Taste]:
    """Newest first; of a segment, of a shopper, of both at once, or of all."""
    wanted = [Taste.tenant == tenant]
    if who.segment is not None:
        wanted.append(Taste.segment == who.segment)
    if who.shopper is not None:
        wanted.append(Taste.shopper == who.shopper)
    by = (Taste.created_at, Taste.id)
    return paging.newest(session, select(Taste).where(*wanted), by, limit=limit, after=after)


def of(session: Session, tenant: str, who: Who) -> Sequence[Taste]:
    """What a segment and a shopper thought, whichever is named: the newest of both together."""
    named = [
        column == name
        for column, name in ((Taste.segment, who.segment), (Taste.shopper, who.shopper))
        if name is not None
    ]
    mine = select(Taste).where(Taste.tenant == tenant, or_(*named))
    return session.scalars(mine.order_by(Taste.created_at.desc(), Taste.id).limit(MOST)).all()


def forget_shopper(session: Session, tenant: str, shopper: str) -> None:
    """All that one shopper thought, also what it told of a segment."""
    session.execute(delete(Taste).where(Taste.tenant == tenant, Taste.shopper == shopper))


def forget(session: Session, picture_ids: Collection[str]) -> None:
    """Opinions of pictures or results that go."""
    gone = delete(Taste).where(Taste.picture_id.in_(picture_ids))
    session.execute(gone, execution_options={"synchronize_session": False})
