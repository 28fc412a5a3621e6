"""Who changed what, as an operator sees it."""

from datetime import datetime
from typing import Literal

from api.schemas.base import Answer, PageQuery
from api.schemas.keys import TenantName
from db.operations.base import Key


class AuditQuery(PageQuery):
    tenant: TenantName | None = None
    """Left out: the caller's own."""
    picture: Key | None = None
    """Only what was done to this picture or result, to jobs that used it, and to what they made."""


class ActOut(Answer):
    id: str
    created_at: datetime
    tenant: str
    """Whose things it was about."""
    actor_tenant: str
    key_id: str
    verb: str
    route: str
    resource: str
    request_id: str
    outcome: Literal["done", "refused"]
    status: int | None
    """Of the problem that an act was refused with."""
