"""Putting a picture on the block list: its hashes, and what there is of the same bytes."""

import io
from dataclasses import dataclass

from PIL import Image
from sqlalchemy.orm import Session

from db import blobs, blocklist, looks, pictures, policies, quarantine
from db.likeness import Look
from db.operations.reasons import reason
from db.tables.moderation import Blocked


@dataclass(frozen=True, slots=True)
class Hashes:
    """Of a file's bytes, and of how it looks; empty where nobody knows."""

    sha256: str
    phash: str


def of(session: Session, tenant: str, picture_id: str) -> Hashes | None:
    """The hashes of a picture or result; None: the tenant has none of this id.

    What is all of one colour has no look of its own: only its bytes count.
    """
    row = pictures.find(session, tenant, picture_id)
    if row is not None and row.phash is not None and row.colours is not None:
        look = Look(row.phash, row.colours)
        return Hashes(row.sha256, "" if look.is_one_colour else look.phash)
    source = pictures.resolve(session, tenant, picture_id)
    if source is None:
        return None
    # Ours, or taken in before anybody noted looks: it passed the door then.
    with Image.open(io.BytesIO(blobs.get(tenant, source.key))) as opened:
        look = looks.take(opened, orientation=None)
    return Hashes(source.key, "" if look.is_one_colour else look.phash)


def add(
    session: Session, tenant: str, what: Hashes, *, note: str | None, by: str | None
) -> tuple[Blocked, bool, int]:
    """The entry, whether it is new, and how many pictures and results it has quarantined.

    Raises:
        BlocklistFull: there are entries enough.
    """
    row, is_new = blocklist.add(
        session, tenant, sha256=what.sha256, phash=what.phash, note=note, by=by
    )
    return row, is_new, quarantine_listed(session, tenant, what.sha256) if what.sha256 else 0


def quarantine_listed(session: Session, tenant: str, sha256: str) -> int:
    """Keep all that there is of these bytes from everybody, if they are listed and that blocks."""
    if not blocklist.has(session, tenant, sha256):
        return 0
    standing = policies.in_effect(session, tenant, None)
    if standing.rules.hashes.exact != "block":
        return 0
    said = [reason("listed_exactly", "block", of="picture")]
    return quarantine.keep_bytes(session, tenant, sha256, policy=standing.label, reasons=said)
