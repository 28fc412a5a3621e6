"""An API key, as operators ask for it and see it; its text only in the answer that made it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.base import Answer, PageQuery
from db import tenants
from db.tables.tenants import ApiKey

TenantName = Annotated[str, StringConstraints(pattern=tenants.NAME)]
Scope = Literal[
    "jobs:read", "jobs:write", "pictures:read", "pictures:write", "versions:read",
    "versions:write", "train", "events", "webhooks", "metrics", "admin",
]  # fmt: skip


class KeyIn(BaseModel):
    """What a new key is called, what it opens, and for how long."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    name: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00]+$")]
    """Whoever will hold it, for people to read."""
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Left out: never."""


class KeyOut(Answer):
    id: str
    tenant: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None
    """The key that it was rotated into."""
    last_used_at: datetime | None
    """To the minute."""


class KeyIssued(KeyOut):
    key: str
    """Keep it: nobody can show it again."""


class KeysQuery(PageQuery):
    tenant: TenantName | None = None
    """Left out: the caller's own."""


def key_issued(row: ApiKey, text: str) -> KeyIssued:
    return KeyIssued(**KeyOut.model_validate(row).model_dump(), key=text)
