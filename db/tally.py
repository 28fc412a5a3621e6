"""How often what happened with a result: added to in few rows, and read as their sums."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, ColumnElement, Insert, SmallInteger, String, func, select
from sqlalchemy.orm import Session

from db.portable import as_given, given, insert_of
from db.tables.base import Row
from db.tables.campaigns import Tally

Kind = Literal["choice", "impression", "click", "order"]
SHARDS: Final = 8
"""Rows of one count on PostgreSQL, where several write at once; SQLite has one writer."""


@dataclass(frozen=True, slots=True, order=True)
class Counter:
    """What is counted: a kind of event, of a result, in a campaign or in none."""

    result_id: str
    campaign_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a result was chosen, seen, clicked and ordered."""

    choices: int = 0
    impressions: int = 0
    clicks: int = 0
    orders: int = 0


_TABLE: Final = Row.metadata.tables[Tally.__tablename__]
_FIELDS: Final[Mapping[str, str]] = {
    "choice": "choices",
    "impression": "impressions",
    "click": "clicks",
    "order": "orders",
}


def add(session: Session, tenant: str, counted: Mapping[Counter, int]) -> None:
    """Raise each counter; the results must be held (`results.hold`)."""
    dialect = session.get_bind().dialect.name
    # Chance decides where a number is written, and nothing else.
    shard = random.randrange(SHARDS) if dialect == "postgresql" else 0  # noqa: S311
    rows = [
        {
            "result_id": counter.result_id,
            "campaign_id": counter.campaign_id,
            "kind": counter.kind,
            "shard": shard,
            "tenant": tenant,
            "count": counted[counter],
        }
        for counter in sorted(counted)  # in one order, so that none waits for who waits for it
    ]
    if rows:
        session.execute(_more(dialect), {"counted": as_given(rows)})


def of_campaign(
    session: Session, campaign_id: str, result_ids: Collection[str]
) -> dict[str, Counts]:
    """Of each of these results, what was counted in the campaign."""
    in_it = (Tally.result_id.in_(result_ids), Tally.campaign_id == campaign_id)
    return _summed(session, Tally.result_id, in_it)


def of_result(session: Session, result_id: str) -> dict[str, Counts]:
    """By the campaign it was counted in, `NO_CAMPAIGN` where it was in none."""
    return _summed(session, Tally.campaign_id, (Tally.result_id == result_id,))


@cache
def _more(dialect: str) -> Insert:
    told = given(dialect, "counted", **_COLUMNS)
    # SQLite would take ON CONFLICT right behind the FROM of a SELECT for a join's ON.
    in_order = select(*told.c).order_by(told.c.result_id, told.c.campaign_id, told.c.kind)
    statement = insert_of(dialect, _TABLE).from_select(list(_COLUMNS), in_order)
    return statement.on_conflict_do_update(
        index_elements=["result_id", "campaign_id", "kind", "shard"],
        set_={"count": _TABLE.c.count + statement.excluded.count},
    )


def _summed(session: Session, by: Any, which: Collection[ColumnElement[bool]]) -> dict[str, Counts]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    sums = select(by, Tally.kind, func.sum(Tally.count)).where(*which).group_by(by, Tally.kind)
    for key, kind, count in session.execute(sums):
        found[key][_FIELDS[kind]] = int(count)
    return {key: Counts(**counts) for key, counts in found.items()}


_COLUMNS: Final[Mapping[str, Any]] = {
    "result_id": String(),
    "campaign_id": String(),
    "kind": String(),
    "shard": SmallInteger(),
    "tenant": String(),
    "count": BigInteger(),
}
