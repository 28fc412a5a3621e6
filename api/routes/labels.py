"""Categories that `classify` proposes, answered by a person: the next dataset learns them."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import bodies, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.schemas.base import Page, PageQuery
from api.schemas.labels import LabelIn, LabelOut, ProposalOut, proposal_out
from db import acts, labels
from db.engine import reading, transaction

router = APIRouter(prefix="/v1", tags=["labels"], dependencies=[needs("train")])


@router.get("/proposals")
def page(query: Annotated[PageQuery, Query()], tenant: Tenant) -> Page[ProposalOut]:
    """What classifications propose and nobody has answered, newest first."""
    after = pages.after(query.cursor)
    with reading() as session:
        rows = labels.proposals(session, tenant, limit=query.limit + 1, after=after)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[proposal_out(row) for row in rows], next_cursor=cursor)


@router.post("/labels", status_code=201, openapi_extra=bodies.described("LabelIn"))
def decide(raw: JsonBody, tenant: Tenant) -> LabelOut:
    """Confirm, correct or reject what is proposed of a picture or result; the later one counts."""
    said = bodies.parse_as(raw, LabelIn)
    acts.about(said.picture)
    with transaction() as session:
        row = labels.decide(session, tenant, said.picture, said.verdict, category=said.category)
        return LabelOut(
            picture=row.picture_id,
            proposed=row.proposed,
            category=row.category,
            decided_at=row.decided_at,
        )
