"""What shoppers and segments like: kept, shown, and forgotten at once when a shopper asks."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import bodies, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.schemas.base import Page
from api.schemas.tastes import ForgetQuery, TasteIn, TasteOut, TastesQuery
from db import tastes
from db.engine import reading, transaction
from db.tables.tastes import Taste
from db.tastes import Who

router = APIRouter(prefix="/v1/tastes", tags=["tastes"])


@router.get("", dependencies=[needs("jobs:read")])
def page(query: Annotated[TastesQuery, Query()], tenant: Tenant) -> Page[TasteOut]:
    """Newest first; of a segment, of a shopper, or of all."""
    with reading() as session:
        rows = tastes.page(
            session,
            tenant,
            Who(query.segment, query.shopper),
            limit=query.limit + 1,
            after=pages.after(query.cursor),
        )
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[_out(row) for row in rows], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    dependencies=[needs("jobs:write")],
    openapi_extra=bodies.described("TasteIn"),
)
def keep(raw: JsonBody, tenant: Tenant) -> TasteOut:
    """Say that a picture or result was liked or not; a shopper's earlier opinion is replaced."""
    said = bodies.parse_as(raw, TasteIn)
    who = Who(said.segment, said.shopper)
    with transaction() as session:
        return _out(tastes.keep(session, tenant, said.picture, who, liked=said.liked))


@router.delete("", status_code=204, dependencies=[needs("jobs:write")])
def forget(query: Annotated[ForgetQuery, Query()], tenant: Tenant) -> None:
    """Forget a shopper: all they liked, also what it told of a segment. Twice is once."""
    with transaction() as session:
        tastes.forget_shopper(session, tenant, query.shopper)


def _out(row: Taste) -> TasteOut:
    return TasteOut(
        id=row.id,
        picture=row.picture_id,
        liked=row.liked,
        segment=row.segment,
        shopper=row.shopper,
        created_at=row.created_at,
    )
