"""How good what is delivered is: its scores by version and day, the worst of it, and drift."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, get_args

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import SignedIn
from api.schemas.base import OperationName, Query
from api.schemas.results import result_out
from db import clock, drift, quality, score_watch
from db.drift import Drift
from db.engine import reading
from db.operations.base import NetworkName
from db.operations.union import OPERATIONS
from db.quality import MEASURES, Measure

WORST: Final = 50
DRIFT_OVER: Final = 50
_KNOWN_FOR: Final = timedelta(days=3650)
router = APIRouter(prefix="/admin")


class Asked(Query):
    """Which operation, and by which score."""

    op: OperationName = "upscale"
    measure: Measure = "psnr_db"


@router.get("/quality")
def page(request: Request, admin: SignedIn) -> Response:
    """Over the newest results of one operation."""
    asked = forms.asked(request, Asked)
    with reading() as session:
        spreads = quality.spreads(session, admin.tenant, asked.op, asked.measure)
        watched = score_watch.of(session, admin.tenant)
        worst = quality.worst(session, admin.tenant, asked.op, asked.measure, most=WORST)
    told = [one for one in spreads if one.at]
    return pages.show(
        request,
        "quality.html",
        asked=asked,
        spreads=told,
        ends=_ends([value for one in told for value in (one.at[0], one.at[-1])]),
        worst=[result_out(row) for row in worst],
        drifts=_drifts(admin.tenant),
        watched=watched,
        window=score_watch.OVER,
        looked_at=quality.LOOKED_AT,
        ops=sorted(OPERATIONS),
        measures=MEASURES,
    )


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Where the scale of all bars begins and ends."""
    least, most = min(values, default=0.0), max(values, default=1.0)
    return (least, most) if most > least else (least - 1.0, most + 1.0)


def _drifts(tenant: str) -> dict[str, Drift]:
    """Of each network whose version has made enough results to tell."""
    found: dict[str, Drift] = {}
    with reading() as session:
        known_since = session.execute(clock.now().select()).scalar_one() - _KNOWN_FOR
        for network in get_args(NetworkName):
            told = drift.of(session, tenant, network, over=DRIFT_OVER, known_since=known_since)
            if told is not None:
                found[network] = told
    return found
