"""Whether what a version delivers has become worse since it went into service."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import versions
from db.tables.promotions import Promotion
from db.tables.results import Result
from db.tables.versions import Version

SURE: Final = 2.0
"""Standard errors that a fall must have: one in forty is luck."""
LOOKED_AT: Final = 20
"""Times as many results as are wanted: others made the rest, and nobody reads a whole archive."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The first results of a version beside its last.

    Attributes:
        version: its label.
        then_db: mean PSNR of the first.
        now_db: mean PSNR of the last.
        error_db: standard error of their difference.
        results: how many of each.
    """

    version: str
    then_db: float
    now_db: float
    error_db: float
    results: int

    @property
    def drop_db(self) -> float:
        return self.then_db - self.now_db

    @property
    def is_sure(self) -> bool:
        """Whether the last are worse beyond noise."""
        return self.drop_db > SURE * self.error_db


def of(
    session: Session,
    tenant: str,
    network: str,
    *,
    over: int,
    known_since: datetime,
    after: datetime | None = None,
) -> Drift | None:
    """The drift of what serves a tenant; None while there are too few results to tell.

    Args:
        session: to read by.
        tenant: whose results.
        network: whose serving version made them.
        over: so many of the first, and so many of the last.
        known_since: where the first ones are looked for, of a version that nobody promoted.
        after: the last ones are younger than this.
    """
    serving = versions.serving_now(session, tenant, network)
    if serving is None:
        return None
    since = _promoted_at(session, tenant, serving) or known_since
    first = _scored(session, tenant, serving, over, since=since, newest=False)
    if len(first) < over:
        return None
    begin = max(first[-1][1], after or since)
    last = _scored(session, tenant, serving, over, since=begin, newest=True)
    if len(last) < over:
        return None
    return _between(
        serving.label, [psnr_db for psnr_db, _ in first], [psnr_db for psnr_db, _ in last]
    )


def _promoted_at(session: Session, tenant: str, version: Version) -> datetime | None:
    its_own = (Promotion.version_id == version.id, Promotion.undone_at.is_(None))
    newest = Promotion.created_at.desc()
    rows = select(Promotion.created_at).where(Promotion.tenant == tenant, *its_own)
    return session.scalars(rows.order_by(newest).limit(1)).first()


def _scored(
    session: Session, tenant: str, version: Version, most: int, *, since: datetime, newest: bool
) -> list[tuple[float, datetime]]:
    """PSNR and time of results of a version after a moment: the oldest, or the newest."""
    order = (Result.created_at, Result.id)
    looked_at = (
        select(Result.psnr_db, Result.model_version, Result.created_at, Result.id)
        .where(Result.tenant == tenant, Result.created_at > since)
        .order_by(*(column.desc() if newest else column for column in order))
        .limit(LOOKED_AT * most)
        .subquery()
    )
    named = looked_at.c
    order_again = (named.created_at, named.id)
    rows = (
        select(named.psnr_db, named.created_at)
        .where(named.model_version == version.label, named.psnr_db.is_not(None))
        .order_by(*(column.desc() if newest else column for column in order_again))
        .limit(most)
    )
    return [(psnr_db, at) for psnr_db, at in session.execute(rows)]


def _between(label: str, first: Sequence[float], last: Sequence[float]) -> Drift:
    error = math.sqrt(sum(statistics.variance(of) / len(of) for of in (first, last)))
    return Drift(label, statistics.fmean(first), statistics.fmean(last), error, len(last))
