"""What may enter a dataset: pictures and results by id, with what decides whether they do."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from db import blobs, intake, persons
from db.blobs import NotStored
from db.engine import reading, transaction
from db.intake import NotAPicture
from db.likeness import Look
from db.portable import in_parts
from db.tables.pictures import Picture
from db.tables.results import Result

Source = Literal["upload", "result"]
Asked = Select[*tuple[Any, ...]]
Found = Row[*tuple[Any, ...]]
GENERATED: Final = "generated"
PUBLISHED: Final = "published"
_NOTED_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may enter a dataset.

    Attributes:
        key: of its bytes.
        look: None while nobody has noted it, and for ever of bytes that do not decode.
        is_generated: no camera saw it, or it was made from what none saw.
        is_published: of a result, that it is not held back; of what was taken in, that no policy
            blocked it.
        is_person: a person tried something on in it.
        sku: the product that a result was ordered for.
    """

    id: str
    source: Source
    key: str
    side_px: int
    look: Look | None
    is_generated: bool = False
    is_published: bool = True
    is_person: bool = False
    sku: str | None = None


def find(
    session: Session, tenant: str, ids: Iterable[str], *, hold: bool = False
) -> dict[str, Candidate]:
    """What each of these ids names; one that names nothing of this tenant's is left out.

    With `hold` nobody can erase them before this transaction ends.
    """
    wanted = set(ids)
    uploads = {
        row.id: _upload(row)
        for some in in_parts(wanted)
        for row in session.execute(_held(_uploads(tenant, some), hold=hold))
    }
    results = {
        row.id: _result(row)
        for some in in_parts(wanted - uploads.keys())
        for row in session.execute(_held(_results(tenant, some), hold=hold))
    }
    ours = _made_here(session, tenant, {one.key for one in uploads.values()})
    back = {one.id: replace(one, is_generated=True) for one in uploads.values() if one.key in ours}
    found = {**uploads, **back, **results}
    shown = persons.among(session, tenant, found)
    return found | {one: replace(found[one], is_person=True) for one in shown}


def look_at(tenant: str, ids: Iterable[str], *, within_s: float) -> int:
    """Note how those look of whom nobody has: results, and what an earlier build took in.

    Decodes one picture after the other, and gives how many there was no time for.
    """
    with reading() as session:
        unseen = [one for one in find(session, tenant, ids).values() if one.look is None]
    until = time.monotonic() + within_s
    while unseen:
        some, unseen = unseen[:_NOTED_AT_ONCE], unseen[_NOTED_AT_ONCE:]
        _note([(one, _seen(tenant, one)) for one in some])
        if time.monotonic() > until:
            break
    return len(unseen)


def _note(looks: Iterable[tuple[Candidate, Look | None]]) -> None:
    with transaction() as session:
        for one, look in looks:
            if look is not None:
                table = Picture if one.source == "upload" else Result
                session.execute(update(table).where(table.id == one.id).values(_columns(look)))


def _columns(look: Look) -> dict[str, Any]:
    return {"phash": look.phash, "colours": look.colours, "cut_out": look.is_cut_out}


def _seen(tenant: str, one: Candidate) -> Look | None:
    """How it looks by its bytes; None if they have gone or decode no more."""
    try:
        return intake.check(blobs.get(tenant, one.key)).look
    except (NotStored, NotAPicture):
        return None


def _uploads(tenant: str, ids: list[str]) -> Asked:
    columns = (Picture.id, Picture.sha256, Picture.width, Picture.height)
    asked = select(*columns, Picture.phash, Picture.colours, Picture.cut_out, Picture.quarantine)
    return asked.where(Picture.tenant == tenant, Picture.id.in_(ids)).order_by(Picture.id)


def _upload(row: Found) -> Candidate:
    side_px = min(row.width, row.height)
    shown = row.quarantine is None
    return Candidate(row.id, "upload", row.sha256, side_px, _look(row), is_published=shown)


def _results(tenant: str, ids: list[str]) -> Asked:
    columns = (Result.id, Result.blob_key, Result.width, Result.height)
    of_results = (Result.source_kind, Result.visibility, Result.sku)
    asked = select(*columns, Result.phash, Result.colours, Result.cut_out, *of_results)
    return asked.where(Result.tenant == tenant, Result.id.in_(ids)).order_by(Result.id)


def _result(row: Found) -> Candidate:
    return Candidate(
        row.id,
        "result",
        row.blob_key,
        min(row.width, row.height),
        _look(row),
        is_generated=row.source_kind == GENERATED,
        is_published=row.visibility == PUBLISHED,
        sku=row.sku,
    )


def _made_here(session: Session, tenant: str, keys: set[str]) -> set[str]:
    """Which of these bytes are a generated result that was sent back to us."""
    found: set[str] = set()
    for some in in_parts(keys):
        named = (Result.tenant == tenant, Result.blob_key.in_(some))
        generated = select(Result.blob_key).where(*named, Result.source_kind == GENERATED)
        found.update(session.scalars(generated))
    return found


def _look(row: Found) -> Look | None:
    """None also where an earlier build noted less of it."""
    if row.phash is None or row.cut_out is None:
        return None
    return Look(row.phash, row.colours, is_cut_out=row.cut_out)


def _held(asked: Asked, *, hold: bool) -> Asked:
    return asked.with_for_update(read=True, key_share=True) if hold else asked
