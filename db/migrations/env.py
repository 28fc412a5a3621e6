"""Runs a migration on the connection that `db.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from db.tables.all import Row
from db.tables.base import UtcDateTime


def render_time(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Migrations stand alone: they name the column's plain type, not our wrapper."""
    is_time = kind == "type" and isinstance(item, UtcDateTime)
    return "sa.DateTime(timezone=True)" if is_time else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_item=render_time,
)
with context.begin_transaction():
    context.run_migrations()
