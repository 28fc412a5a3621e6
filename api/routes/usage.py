"""Usage: how many jobs, seconds of devices and bytes, by tenant and day."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import check_scope, needs
from api.deps import Caller
from api.errors import wrong
from api.schemas.usage import MOST_DAYS, UsageOut, UsageQuery, usage_out
from db import keys, tenants, usage
from db.engine import reading

_USUAL_DAYS = 30
router = APIRouter(prefix="/v1/usage", tags=["usage"])


@router.get("", dependencies=[needs("jobs:read")])
def of_days(query: Annotated[UsageQuery, Query()], caller: Caller) -> UsageOut:
    """Jobs that ended, by operation and state; seconds of devices; bytes in and out."""
    tenant, first, last = _asked(query, caller)
    with reading() as session:
        tenants.find(session, tenant)
        return usage_out(tenant, first, last, usage.of(session, tenant, first, last))


def at_once(query: UsageQuery, caller: Caller) -> tuple[UsageOut, date | None]:
    """The same for who cannot wait: with it the first day that was left out, as too long."""
    tenant, first, last = _asked(query, caller)
    with reading() as session:
        tenants.find(session, tenant)
        found = usage.at_once(session, tenant, first, last)
    return usage_out(tenant, first, last, found.lines), found.without


def _asked(query: UsageQuery, caller: Caller) -> tuple[str, date, date]:
    """Whose days, and which.

    Raises:
        Problem: `insufficient_scope`, or days that make no sense.
    """
    tenant = query.tenant or caller.tenant
    if tenant != caller.tenant:
        check_scope(caller, keys.ADMIN, "another tenant's usage")
    last = query.to or datetime.now(UTC).date()
    first = query.from_ or last - timedelta(days=_USUAL_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        raise wrong("/query/from", "days", f"ask for 1 to {MOST_DAYS} days, the first one first")
    return tenant, first, last
