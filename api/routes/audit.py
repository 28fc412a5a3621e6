"""Who changed what: keys, tenants, webhooks, versions, queues, datasets, and what was erased."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import pages
from api.auth import needs
from api.deps import Tenant
from api.schemas.audit import ActOut, AuditQuery
from api.schemas.base import Page
from db import acts, lineage, tenants
from db.engine import reading

router = APIRouter(prefix="/v1/audit", tags=["audit"], dependencies=[needs("admin")])


@router.get("")
def page(query: Annotated[AuditQuery, Query()], mine: Tenant) -> Page[ActOut]:
    """Newest first: done, or refused."""
    with reading() as session:
        tenant = tenants.find(session, query.tenant or mine).name
        after = pages.after(query.cursor)
        to = [] if query.picture is None else lineage.of(session, tenant, query.picture)
        rows = acts.page(session, tenant, limit=query.limit + 1, after=after, to=to)
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[ActOut.model_validate(row) for row in rows], next_cursor=cursor)
