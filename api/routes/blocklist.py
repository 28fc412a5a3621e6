"""The block list: pictures that go no further, by their bytes or by how they look."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import bodies, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Caller, Tenant
from api.errors import Problem
from api.schemas.base import Page
from api.schemas.moderation import (
    BlockAdded,
    BlockIn,
    BlocklistQuery,
    BlockOut,
    block_added,
    block_out,
)
from db import acts, blocking, blocklist, ids
from db.engine import reading, transaction

router = APIRouter(prefix="/v1/blocklist", tags=["moderation"], dependencies=[needs("admin")])


@router.get("")
def page(query: Annotated[BlocklistQuery, Query()], tenant: Tenant) -> Page[BlockOut]:
    """Newest first."""
    with reading() as session:
        after = pages.after(query.cursor)
        rows = blocklist.page(session, tenant, limit=query.limit + 1, after=after)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[block_out(row) for row in rows], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    openapi_extra=bodies.described("BlockIn"),
    responses={200: {"description": "It was there already.", "model": BlockAdded}},
)
def add(raw: JsonBody, caller: Caller, response: Response) -> BlockAdded:
    """One more; what you have of exactly these bytes is quarantined at once."""
    asked = bodies.parse_as(raw, BlockIn)
    if asked.picture is not None:
        acts.about(asked.picture)
    with transaction() as session:
        if asked.picture is None:
            what = blocking.Hashes(asked.sha256 or "", asked.phash or "")
        elif (found := blocking.of(session, caller.tenant, asked.picture)) is not None:
            what = found
        else:
            raise Problem("picture_not_found", "no picture or result has this id")
        row, is_new, count = blocking.add(
            session, caller.tenant, what, note=asked.note, by=caller.key_id
        )
    response.status_code = 201 if is_new else 200
    return block_added(row, quarantined=count)


@router.delete("/{entry_id}", status_code=204)
def remove(entry_id: str, tenant: Tenant) -> None:
    """Off the list; what it has quarantined is given back by `moderate`, picture by picture."""
    if not ids.is_id(entry_id):
        raise Problem("entry_not_found", "the list has no such entry")
    with transaction() as session:
        blocklist.remove(session, tenant, entry_id)
