"""What a search in memory asks of embeddings: how many, which are new, which are still there."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.tables.embeddings import Embedding

ROWS: Final = 4_096
"""So many are read at a time: 4 MB of vectors."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some of a space's vectors.

    Attributes:
        ids: of pictures and results.
        vectors: float16, little-endian, one behind the other in the order of the ids.
    """

    ids: tuple[str, ...]
    vectors: bytes


@dataclass(frozen=True, slots=True)
class State:
    """How many vectors a space has, and when the youngest was made."""

    count: int
    newest: datetime | None


def of(session: Session, tenant: str, picture_id: str, *, version: str) -> Embedding | None:
    """A picture's or result's own vector under a version, by its newest recipe."""
    mine = (Embedding.tenant == tenant, Embedding.picture_id == picture_id)
    asked = select(Embedding).where(*mine, Embedding.space.endswith(f":{version}", autoescape=True))
    return session.scalars(asked.order_by(Embedding.created_at.desc())).first()


def of_many(
    session: Session, tenant: str, picture_ids: Collection[str], *, version: str
) -> dict[str, Embedding]:
    """The vectors of these under a version, of the newest recipe that any of them has."""
    found: list[Embedding] = []
    left = sorted(picture_ids)
    mine = (Embedding.tenant == tenant, Embedding.space.endswith(f":{version}", autoescape=True))
    for first in range(0, len(left), ROWS):
        these = Embedding.picture_id.in_(left[first : first + ROWS])
        found += session.scalars(select(Embedding).where(*mine, these))
    if not found:
        return {}
    space = max(found, key=lambda one: one.created_at).space
    return {one.picture_id: one for one in found if one.space == space}


def state(session: Session, tenant: str, space: str) -> State:
    """Counted in an index, without a look at the vectors."""
    asked = select(func.count(), func.max(Embedding.created_at)).where(*_of(tenant, space))
    count, newest = session.execute(asked).one()
    return State(count, newest)


def since(session: Session, tenant: str, space: str, moment: datetime) -> Sequence[str]:
    """The ids of those that were made then or later."""
    asked = select(Embedding.picture_id).where(*_of(tenant, space), Embedding.created_at >= moment)
    return session.scalars(asked).all()


def ids(session: Session, tenant: str, space: str) -> Sequence[str]:
    """All of them, in no order."""
    return session.scalars(select(Embedding.picture_id).where(*_of(tenant, space))).all()


def everything(session: Session, tenant: str, space: str) -> Iterator[Rows]:
    """All of them, piece by piece by their ids, so that no more than a piece is ever held."""
    last = ""
    asked = select(Embedding.picture_id, Embedding.vector).where(*_of(tenant, space))
    while True:
        behind = asked.where(Embedding.picture_id > last).order_by(Embedding.picture_id)
        found = session.execute(behind.limit(ROWS)).all()
        if found:
            yield _rows(found)
            last = found[-1][0]
        if len(found) < ROWS:
            return


def some(session: Session, tenant: str, space: str, wanted: Collection[str]) -> Iterator[Rows]:
    """Those of these ids that are there, piece by piece."""
    left = sorted(wanted)
    asked = select(Embedding.picture_id, Embedding.vector).where(*_of(tenant, space))
    for first in range(0, len(left), ROWS):
        these = Embedding.picture_id.in_(left[first : first + ROWS])
        yield _rows(session.execute(asked.where(these)).all())


def present(session: Session, tenant: str, space: str, wanted: Collection[str]) -> set[str]:
    """Which of these few ids still have a vector."""
    asked = select(Embedding.picture_id).where(*_of(tenant, space))
    return set(session.scalars(asked.where(Embedding.picture_id.in_(wanted))))


def _of(tenant: str, space: str) -> tuple[ColumnElement[bool], ...]:
    return (Embedding.tenant == tenant, Embedding.space == space)


def _rows(found: Iterable[Sequence[object]]) -> Rows:
    pairs = [(str(one), vector) for one, vector in found]
    data = b"".join(vector for _, vector in pairs if isinstance(vector, bytes))
    return Rows(tuple(one for one, _ in pairs), data)
