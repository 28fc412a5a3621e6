"""A tenant, as operators make it and see it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer
from api.schemas.keys import TenantName

Cap = Annotated[int, Field(ge=0, le=2**31 - 1)]


class CapsIn(BaseModel):
    """How much of the house a tenant may take; null is no cap, what is left out stays."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    max_queued: Cap | None = None
    """Jobs that wait."""
    max_running: Cap | None = None
    """Jobs that run at once; one claim of a worker may go beyond."""
    max_requests_per_min: Cap | None = None
    """Requests of each key; null is what API_REQUESTS_PER_MIN says, 0 is no limit."""
    max_upload_bytes_per_day: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    """Bytes of pictures taken in; null is what API_UPLOAD_BYTES_PER_DAY says, 0 is no limit."""


class TenantIn(CapsIn):
    """A new tenant."""

    name: TenantName


class TenantOut(Answer):
    name: str
    max_queued: int | None
    max_running: int | None
    max_requests_per_min: int | None
    max_upload_bytes_per_day: int | None
    created_at: datetime
