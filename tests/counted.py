"""Results that shoppers see, campaigns over them, and what shoppers did."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from db import campaigns, shop_events, tally
from db.campaigns import ArmSeen, Goal
from db.engine import reading, transaction
from db.shop_events import Happened, Outcome, ShopKind
from db.tally import Counts
from tests import rows
from tests.rows import TENANT

_numbers = count()


def shown(**columns: Any) -> str:
    """The id of a result that is published."""
    columns.setdefault("visibility", "published")
    lease = rows.Lease(rows.queued(tenant=columns.get("tenant", TENANT)), "worker", 1)
    with transaction() as session:
        session.add(made := rows.result(lease, **columns))
        session.flush()
        return made.id


def campaign(*result_ids: str, name: str = "boots", goal: Goal = "click") -> str:
    """The id of a campaign over these results."""
    with transaction() as session:
        made = campaigns.create(session, TENANT, name=name, goal=goal, result_ids=result_ids)
        return made.id


def happened(
    result_id: str, kind: ShopKind = "impression", *, times: int = 1, **more: Any
) -> list[Happened]:
    """So many events, each with an id of its own."""
    return [
        Happened(id=f"event-{next(_numbers)}", kind=kind, result_id=result_id, **more)
        for _ in range(times)
    ]


def told(events: Iterable[Happened], *, tenant: str = TENANT) -> list[Outcome]:
    with transaction() as session:
        return shop_events.count(session, tenant, list(events))


def counts(result_id: str) -> dict[str, Counts]:
    """By campaign."""
    with reading() as session:
        return tally.of_result(session, result_id)


def arms(campaign_id: str) -> dict[str, ArmSeen]:
    """The arms by their results."""
    with reading() as session:
        found = campaigns.find(session, TENANT, campaign_id)
        return {one.arm.result_id: one for one in campaigns.arms(session, found)}
