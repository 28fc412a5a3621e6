"""Watches whether the scores of what serves are still those that it began with.

Each result is read once. The first hundred of a version since it serves are its baseline; each
hundred that follow are compared with it, score by score, and then forgotten: windows that do not
overlap, so that chance has one try at each. What differs is an alarm once, until a window is alike.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import clock, outbox, two_samples
from db.blobs import SHIPPED
from db.tables.promotions import Promotion
from db.tables.results import Result
from db.tables.tenants import Tenant
from db.tables.versions import Version
from db.tables.watches import ScoreWatch

OVER: Final = 100
"""Results in the baseline, and in each window."""
CHANCE: Final = 0.001
"""How often a window of unchanged scores is an alarm, all its scores together."""
SCORES: Final = (
    "psnr_db", "ssim", "product_psnr_db", "product_ssim", "product_delta_e_mean", "unfamiliarity",
)  # fmt: skip
MOST_READ: Final = 2_000
"""Results of a shop in one look; the rest waits for the next."""
LEAST_SHARE: Final = 0.5
"""Of a window's results that must have a score for it to be compared."""
_CURSOR: Final = ""

Numbers = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Serving:
    """A version that serves a shop, since when."""

    id: str
    label: str
    network: str
    since: datetime


def look_everywhere(session: Session, *, over: int = OVER) -> int:
    """One look at each shop; how many alarms there were."""
    tenants = session.scalars(select(Tenant.name).order_by(Tenant.name)).all()
    return sum(len(look(session, tenant, over=over)) for tenant in tenants)


def look(session: Session, tenant: str, *, over: int = OVER) -> list[str]:
    """Read what is new of a shop's results; the labels of versions that have just drifted."""
    cursor = session.get(ScoreWatch, (tenant, _CURSOR)) or _begin(session, tenant, _CURSOR)
    found = _read(session, tenant, after=cursor.since)
    if not found:
        return []
    serving = {one.label: one for one in _serving(session, tenant)}
    by_label: dict[str, list[Mapping[str, float | None]]] = defaultdict(list)
    for label, _, scores in found:
        by_label[label].append(scores)
    cursor.since = found[-1][1]
    return [
        label
        for label in sorted(by_label.keys() & serving.keys())
        if _watch(session, tenant, serving[label], by_label[label], over=over)
    ]


def of(session: Session, tenant: str) -> Sequence[ScoreWatch]:
    """What is known of each version of a shop, by label."""
    mine = (ScoreWatch.tenant == tenant, ScoreWatch.label != _CURSOR)
    return session.scalars(select(ScoreWatch).where(*mine).order_by(ScoreWatch.label)).all()


def drifted(session: Session) -> int:
    """How many versions that anybody is served by have drifted."""
    counted = select(func.count()).where(ScoreWatch.drifted_at.is_not(None))
    return session.scalar(counted) or 0


def _watch(
    session: Session,
    tenant: str,
    version: Serving,
    found: Sequence[Mapping[str, float | None]],
    *,
    over: int,
) -> bool:
    """Whether it has drifted with one of these results."""
    row = session.get(ScoreWatch, (tenant, version.label)) or _begin(session, tenant, version.label)
    if (row.baseline is None and not row.pending) or row.since < version.since:
        row.since, row.baseline, row.drifted_at = version.since, None, None
        row.pending = {"results": 0}
    was, now = row.drifted_at, _now(session)
    for scores in found:
        row.pending = _with(row.pending, scores)
        if row.pending["results"] >= over:
            _close(row, now)
    row.changed_at = now
    is_new = was is None and row.drifted_at is not None
    if is_new:
        outbox.tell_drift(session, tenant, version.id, row, network=version.network)
    return is_new


def _with(pending: Mapping[str, Any], scores: Mapping[str, float | None]) -> dict[str, Any]:
    known = {name: value for name, value in scores.items() if value is not None}
    return {
        **pending,
        "results": pending["results"] + 1,
        **{name: [*pending.get(name, []), value] for name, value in known.items()},
    }


def _close(row: ScoreWatch, now: datetime) -> None:
    """A window is full: the baseline, or one to compare with it."""
    window, row.pending = row.pending, {"results": 0}
    if row.baseline is None:
        row.baseline = window
        return
    row.told = compare(row.baseline, window)
    differs = any(one["drifted"] for one in row.told.values())
    row.drifted_at = (row.drifted_at or now) if differs else None


def compare(baseline: Mapping[str, Any], window: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By score what the test says, of those that both have enough of."""
    named = [name for name in SCORES if all(_has_enough(one, name) for one in (baseline, window))]
    return {name: _compared(baseline[name], window[name], among=len(named)) for name in named}


def _has_enough(window: Mapping[str, Any], name: str) -> bool:
    count: int = len(window.get(name, ()))
    return count >= max(1.0, LEAST_SHARE * float(window["results"]))


def _compared(then: list[float], now: list[float], *, among: int) -> dict[str, Any]:
    found = two_samples.compare(then, now)
    return {
        "statistic": round(found.statistic, 4),
        "p": found.p,
        "drifted": found.p < CHANCE / among,
        "then": round(sum(then) / len(then), 4),
        "now": round(sum(now) / len(now), 4),
    }


def _read(
    session: Session, tenant: str, *, after: datetime
) -> list[tuple[str, datetime, dict[str, float | None]]]:
    columns = [getattr(Result, name) for name in SCORES]
    rows = (
        select(Result.model_version, Result.created_at, *columns)
        .where(Result.tenant == tenant, Result.created_at > after)
        .order_by(Result.created_at, Result.id)
        .limit(MOST_READ)
    )
    return [
        (label or _CURSOR, at, dict(zip(SCORES, values, strict=True)))
        for label, at, *values in session.execute(rows)
    ]


def _serving(session: Session, tenant: str) -> list[Serving]:
    """Of each network what serves the shop: its own newest, else the one that ships."""
    mine = (Version.tenant.in_((tenant, SHIPPED)), Version.state == "serving")
    by = (Version.tenant == SHIPPED, Version.created_at.desc(), Version.id.desc())
    promoted = select(Promotion.version_id, func.max(Promotion.created_at).label("at")).where(
        Promotion.tenant == tenant, Promotion.undone_at.is_(None)
    )
    rows = session.execute(promoted.group_by(Promotion.version_id))
    since = {row.version_id: row.at for row in rows}
    found: dict[str, Serving] = {}
    for row in session.scalars(select(Version).where(*mine).order_by(*by)):
        at = since.get(row.id) or row.created_at
        found.setdefault(row.network, Serving(row.id, row.label, row.network, at))
    return list(found.values())


def _begin(session: Session, tenant: str, label: str) -> ScoreWatch:
    """From now on; what was delivered before is no part of it."""
    now = _now(session)
    row = ScoreWatch(tenant=tenant, label=label, since=now, pending={}, changed_at=now)
    session.add(row)
    return row


def _now(session: Session) -> datetime:
    moment: datetime = session.scalars(select(clock.now())).one()
    return moment
