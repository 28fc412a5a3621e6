"""How good what is delivered is, by version and day: over the newest results of an operation.

A whole archive is read by nobody: of an operation's results the newest that are looked at are so
many that an index finds them in a moment, however many lie behind.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.steering import by_the_first
from db.tables.results import Result

LOOKED_AT: Final = 5_000
_SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

Measure = Literal["psnr_db", "ssim", "product_psnr_db", "product_ssim"]
MEASURES: Final[tuple[Measure, ...]] = ("psnr_db", "ssim", "product_psnr_db", "product_ssim")


@dataclass(frozen=True, slots=True)
class Spread:
    """How a score of one version lies on one day, or over all days (no day).

    Attributes:
        version: its label; empty where no network was asked.
        at: the score below which 5, 25, 50, 75 and 95 of 100 results lie.
        identical: results that are their reference, whose PSNR no number tells; in none of `at`.
    """

    version: str
    day: date | None
    results: int
    identical: int
    at: tuple[float, ...]


def spreads(session: Session, tenant: str, op: str, measure: Measure) -> Sequence[Spread]:
    """Of each version: over all that is looked at, then day by day, the newest first."""
    found: dict[tuple[str, date | None], list[float | None]] = defaultdict(list)
    columns = (Result.model_version, Result.created_at, getattr(Result, measure))
    mine = (Result.tenant == tenant, *by_the_first(((Result.op, op),)))
    newest = select(*columns).where(*mine).order_by(Result.created_at.desc(), Result.id.desc())
    for version, at, value in session.execute(newest.limit(LOOKED_AT)):
        for day in (None, at.date()):
            found[version or "", day].append(value)
    spread = [_spread(version, day, values) for (version, day), values in found.items()]
    return sorted(spread, key=lambda one: (one.version, -(one.day or date.max).toordinal()))


def worst(
    session: Session, tenant: str, op: str, measure: Measure, *, most: int
) -> Sequence[Result]:
    """Among the newest that are looked at, those with the lowest scores, the lowest first."""
    mine = (Result.tenant == tenant, *by_the_first(((Result.op, op),)))
    newest = (
        select(Result.id, getattr(Result, measure).label("score"))
        .where(*mine)
        .order_by(Result.created_at.desc(), Result.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    lowest = (
        select(Result)
        .join(newest, newest.c.id == Result.id)
        .where(newest.c.score.is_not(None))
        .order_by(newest.c.score, Result.id)
        .limit(most)
    )
    return session.scalars(lowest).all()


def _spread(version: str, day: date | None, values: Sequence[float | None]) -> Spread:
    there = sorted(value for value in values if value is not None)
    at = tuple(_quantile(there, share) for share in _SHARES) if there else ()
    return Spread(version, day, len(values), len(values) - len(there), at)


def _quantile(values: Sequence[float], share: float) -> float:
    """Between the two nearest of sorted values, as far as the share lies between them."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])
