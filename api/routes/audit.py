"""Who changed what: keys, tenants, webhooks, versions, queues, datasets, and what was erased.

Of a picture also who sent it, and who placed the jobs that used it.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from api import pages
from api.auth import needs
from api.deps import Tenant
from api.schemas.audit import ActOut, AuditQuery
from api.schemas.base import Page
from db import acts, story, tenants
from db.engine import reading
from db.story import Told
from db.tables.audit import Audit

router = APIRouter(prefix="/v1/audit", tags=["audit"], dependencies=[needs("admin")])


@router.get("")
def page(query: Annotated[AuditQuery, Query()], mine: Tenant) -> Page[ActOut]:
    """Newest first: done, or refused; of a picture also who sent it and who had what made of it."""
    with reading() as session:
        tenant = tenants.find(session, query.tenant or mine).name
        after = pages.after(query.cursor)
        rows = _rows(session, tenant, query.picture, limit=query.limit + 1, after=after)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[ActOut.model_validate(row) for row in rows], next_cursor=cursor)


def _rows(
    session: Session, tenant: str, picture: str | None, *, limit: int, after: pages.After | None
) -> Sequence[Audit | Told]:
    if picture is None:
        return acts.page(session, tenant, limit=limit, after=after)
    return story.page(session, tenant, picture, limit=limit, after=after)
