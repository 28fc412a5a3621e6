"""What comes in is embedded for searches, if that is wanted: by jobs behind all other work."""

import json
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select

from db import admission, clock, unseen, versions
from db.engine import reading, transaction
from db.jobs import QueueQuota
from db.operations.order import parse
from db.operations.recognition import Embed
from db.refusals import Refused
from db.tables.versions import Version
from workers import queues, settings
from workers.leader import Leader

EVERY_S: Final = 5.0
LEADS_FOR_S: Final = 60.0
LOOKS_BACK: Final = timedelta(hours=1)
"""What came earlier, while nobody looked, `packshot index` finds."""
AT_ONCE: Final = 50
_LAST: Final = 9
"""The priority behind all others."""
_log = structlog.get_logger(__name__)


class Indexer(Leader):
    """Looks for what is new where it leads, and only if WORKER_EMBEDS says so."""

    def __init__(self, worker_id: str) -> None:
        super().__init__("indexer", worker_id, every_s=EVERY_S, leads_for_s=LEADS_FOR_S)

    def _look(self) -> None:
        if settings.get().embeds == "new" and self._leads():
            begin()


def begin() -> int:
    """Place a job for each picture and result that came and nobody has embedded; how many."""
    with reading() as session:
        since = session.scalars(select(clock.now())).one() - LOOKS_BACK
        tenants = unseen.tenants(session, since=since)
    return sum(_of_tenant(tenant, since) for tenant in tenants)


def _of_tenant(tenant: str, since: datetime) -> int:
    """At most `AT_ONCE` wait at any time, so that a shop's own orders keep its quota."""
    with reading() as session:
        version = versions.serving_now(session, tenant, "classifier")
        if version is None:
            return 0
        room = AT_ONCE - unseen.waiting(session, tenant)
        new = unseen.arrived(session, tenant, version.id, since=since, limit=max(room, 0))
    placed = [one for one in new if _is_placed(tenant, one, version)]
    if placed:
        queues.ring(Embed.queue)
    return len(placed)


def _is_placed(tenant: str, picture: str, version: Version) -> bool:
    order = {"operation": {"op": "embed", "picture": picture, "version": version.id}}
    asked = parse(json.dumps({**order, "priority": _LAST}).encode())
    try:
        with transaction() as session:
            # The key makes one job of two leaders that look at once.
            key = f"embed {version.id} {picture}"
            return admission.place(session, tenant, asked, key=key).new
    except (Refused, QueueQuota) as error:
        _log.info("what is new was not embedded", picture=picture, reason=str(error))
        return False
