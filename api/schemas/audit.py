"""Who changed what, as an operator sees it."""

from datetime import datetime
from typing import Literal

from api.schemas.base import Answer, PageQuery
from api.schemas.keys import TenantName


class AuditQuery(PageQuery):
    tenant: TenantName | None = None
    """Left out: the caller's own."""


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
