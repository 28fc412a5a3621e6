"""Every question we ask of pictures, and of the results that stand in for one."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import clock
from db.ids import new_id
from db.intake import Checked
from db.portable import insert_once
from db.tables.pictures import Picture
from db.tables.results import Result


@dataclass(frozen=True, slots=True)
class Registered:
    """A picture, and whether this upload brought it."""

    picture: Picture
    new: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What an id names: bytes in the store, and how large the picture in them is."""

    key: str
    width: int
    height: int


def register(session: Session, tenant: str, checked: Checked, *, name: str | None) -> Registered:
    """The row of a picture; the same bytes again give the same row."""
    row = {
        "id": new_id(),
        "tenant": tenant,
        "sha256": checked.sha256,
        "format": checked.format,
        "bytes": checked.bytes,
        "width": checked.width,
        "height": checked.height,
        "mode": checked.mode,
        "name": name,
        "created_at": clock.now(),
    }
    session.execute(insert_once(session, Picture, row))
    same = (Picture.tenant == tenant, Picture.sha256 == checked.sha256)
    picture = session.scalars(select(Picture).where(*same)).one()
    return Registered(picture, new=picture.id == row["id"])


def find(session: Session, tenant: str, picture_id: str) -> Picture | None:
    mine = (Picture.tenant == tenant, Picture.id == picture_id)
    return session.scalars(select(Picture).where(*mine)).one_or_none()


def pixels(session: Session, tenant: str, keys: Collection[str]) -> int:
    """How large the pictures and results of these ids are together."""
    if not keys:
        return 0
    sizes = [
        session.scalar(
            select(func.coalesce(func.sum(table.width * table.height), 0)).where(
                table.tenant == tenant, table.id.in_(keys)
            )
        )
        for table in (Picture, Result)
    ]
    return sum(int(size or 0) for size in sizes)


def resolve(session: Session, tenant: str, key: str) -> Source | None:
    """What the id of a picture or of a result names; None under another tenant."""
    picture = find(session, tenant, key)
    if picture is not None:
        return Source(picture.sha256, picture.width, picture.height)
    mine = (Result.tenant == tenant, Result.id == key)
    result = session.scalars(select(Result).where(*mine)).one_or_none()
    return None if result is None else Source(result.blob_key, result.width, result.height)
