"""What classifications propose, one after the other: confirmed, corrected or rejected by a key."""

import json
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages, pictures
from api.admin.door import Sent, SignedIn, inside
from api.errors import Problem
from api.routes import labels
from api.schemas.base import PageQuery
from db import pictures as known
from db.engine import reading

router = APIRouter(prefix="/admin")
MOST: Final = 100
"""Waiting proposals are counted up to here."""
_DID: Final[Mapping[str, str]] = {
    "confirm": "confirmed",
    "correct": "corrected",
    "reject": "refused",
}


@router.get("/labels")
def queue(request: Request, admin: SignedIn) -> Response:
    """The newest that nobody has answered, or the next behind a cursor."""
    cursor = forms.asked(request, PageQuery).cursor
    waiting = labels.page(PageQuery(limit=MOST), admin.tenant)
    told = labels.page(PageQuery(limit=1, cursor=cursor), admin.tenant)
    return pages.show(
        request,
        "labels.html",
        proposal=told.items[0] if told.items else None,
        waiting=len(waiting.items),
        next_cursor=told.next_cursor,
        here=f"/admin/labels?cursor={cursor}" if cursor else "/admin/labels",
    )


@router.post("/labels/{picture_id}")
def decide(admin: SignedIn, sent: Sent, picture_id: str) -> Response:
    """A person's answer; the next version of a dataset learns it."""
    said = {name: sent[name] for name in ("verdict", "category") if name in sent}
    # As a JSON body it passes the very checks of the API.
    raw = json.dumps({"picture": picture_id, **said}).encode()
    labels.decide(raw, admin.tenant)
    return pages.back_to(inside(sent.get("next", "")), did=_DID[sent["verdict"]])


@router.get("/labels/{picture_id}/content")
def content(request: Request, admin: SignedIn, picture_id: str) -> Response:
    """The picture or result that is proposed of."""
    with reading() as session:
        source = known.resolve(session, admin.tenant, picture_id)
    if source is None:
        raise Problem("picture_not_found", "no picture and no result has this id")
    return pictures.whole(request, admin.tenant, source.key, picture_id)
