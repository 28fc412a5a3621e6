"""Keys for tests: issued as the API issues them, to tenants that are made on the way."""

from collections.abc import Iterable

from db import keys, tenants
from db.engine import transaction

SHOPS = tuple(scope for scope in keys.SCOPES if scope != keys.ADMIN)
"""All that a shop does by itself."""


def key(tenant: str = "shop", *, scopes: Iterable[str] = keys.SCOPES) -> str:
    """The text of a new key."""
    with transaction() as session:
        tenants.ensure(session, tenant)
        return keys.issue(session, tenant, name="test", scopes=scopes).text


def headers(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}
