"""Every question we ask of pictures, and of the results that stand in for one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, String, bindparam, null, select
from sqlalchemy.orm import Session

from db import clock, origin
from db.ids import new_id
from db.intake import Checked
from db.portable import as_given, given, insert_once
from db.tables.pictures import Picture
from db.tables.results import Result

# SQLite takes 32,766 parameters in a statement.
_ASKED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Registered:
    """A picture, and whether this upload brought it."""

    picture: Picture
    new: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What an id names: bytes in the store, how large a picture, and its file's name if any."""

    key: str
    width: int
    height: int
    name: str | None = None


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
        "phash": checked.look.phash,
        "colours": checked.look.colours,
        "cut_out": checked.look.is_cut_out,
        "made_by": origin.current().made_by,
        "created_at": clock.now(),
    }
    session.execute(insert_once(session, Picture, row))
    same = (Picture.tenant == tenant, Picture.sha256 == checked.sha256)
    picture = session.scalars(select(Picture).where(*same)).one()
    return Registered(picture, new=picture.id == row["id"])


def find(session: Session, tenant: str, picture_id: str) -> Picture | None:
    mine = (Picture.tenant == tenant, Picture.id == picture_id)
    return session.scalars(select(Picture).where(*mine)).one_or_none()


def resolve(session: Session, tenant: str, key: str) -> Source | None:
    """What the id of a picture or of a result names; None under another tenant."""
    return resolve_many(session, tenant, [key]).get(key)


def resolve_many(
    session: Session, tenant: str, keys: Iterable[str], *, hold: bool = False
) -> dict[str, Source]:
    """What each of these ids names; one that names nothing of this tenant's is left out.

    So is a result that is quarantined. A picture that is stays: only who judges it again can tell
    that it passes now.

    With `hold` nobody can erase them before this transaction ends.
    """
    found: dict[str, Source] = {}
    dialect, left = session.get_bind().dialect.name, sorted(set(keys))
    for table, key in ((Picture, Picture.sha256), (Result, Result.blob_key)):
        for first in range(0, len(left), _ASKED_AT_ONCE):
            some = as_given({"id": row_id} for row_id in left[first : first + _ASKED_AT_ONCE])
            named = _named(dialect, table, key, hold=hold)
            for row_id, *source in session.execute(named, {"of_tenant": tenant, "asked": some}):
                found[row_id] = Source(*source)
        left = [row_id for row_id in left if row_id not in found]
    return found


@cache
def _named(
    dialect: str, table: type[Picture] | type[Result], key: Any, *, hold: bool
) -> Select[Any]:
    asked = given(dialect, "asked", id=String())
    name = Picture.name if table is Picture else null()
    named = select(table.id, key, table.width, table.height, name).where(
        table.tenant == bindparam("of_tenant"), table.id.in_(select(asked.c.id))
    )
    if table is Result:
        named = named.where(Result.visibility != "quarantined")  # else it would come out again
    if hold:
        named = named.order_by(table.id).with_for_update(read=True, key_share=True)
    return named


def pixels(sources: Mapping[str, Source], keys: Iterable[str]) -> int:
    """How large the pictures of these ids are together, as far as they are there."""
    there = (sources[key] for key in set(keys) if key in sources)
    return sum(source.width * source.height for source in there)
