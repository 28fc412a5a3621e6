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
    """All of this picture or result: who sent it, who placed which jobs that used it, what came of
    them, and what was done to any of these. Only here are there entries with `what`."""


class ActOut(Answer):
    """A request that changed something; or, of a picture, what one of its rows tells."""

    id: str
    created_at: datetime
    tenant: str
    """Whose things it was about."""
    actor_tenant: str
    key_id: str | None
    """Null where there is none, as of a job that came as a message; `what` says who it was."""
    verb: str | None
    """Null where `what` stands instead."""
    route: str | None
    resource: str
    """The path as it was asked, or of what is told of."""
    what: str | None = None
    """In words, of what has a row of its own: `upscale of … placed`."""
    request_id: str | None
    outcome: Literal["done", "refused"]
    status: int | None
    """Of the problem that an act was refused with."""
