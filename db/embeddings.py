"""Pictures as vectors of a tenant, in one space: kept and forgotten; `vectors` reads them."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import clock, pictures
from db.portable import insert_once
from db.tables.embeddings import Embedding
from db.tables.pictures import Picture


def keep(
    session: Session, tenant: str, picture_id: str, *, space: str, vector: bytes, dimension: int
) -> bool:
    """Note a picture's or result's vector; the same again changes nothing.

    False: there is no such picture any more, or it is quarantined; nothing was written. Who erases
    it later waits for this transaction, and takes the vector along.
    """
    if not pictures.resolve_many(session, tenant, [picture_id], hold=True):
        return False
    kept_back = (
        Picture.tenant == tenant,
        Picture.id == picture_id,
        Picture.quarantine.is_not(None),
    )
    if session.scalar(select(Picture.id).where(*kept_back)) is not None:
        return False
    row = {
        "tenant": tenant,
        "space": space,
        "picture_id": picture_id,
        "dimension": dimension,
        "vector": vector,
        "created_at": clock.now(),
    }
    session.execute(insert_once(session, Embedding, row))
    return True


def taken_in(session: Session, tenant: str, ids: Collection[str]) -> set[str]:
    """Which of these are pictures; the others are results."""
    mine = (Picture.tenant == tenant, Picture.id.in_(ids))
    return set(session.scalars(select(Picture.id).where(*mine)))


def forget(session: Session, picture_ids: Collection[str]) -> None:
    """Vectors of pictures or results that go."""
    gone = delete(Embedding).where(Embedding.picture_id.in_(picture_ids))
    session.execute(gone, execution_options={"synchronize_session": False})
