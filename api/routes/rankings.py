"""What to show whom first: a product's results in the order of what somebody will like."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import numpy as np
from fastapi import APIRouter, Query

from api.auth import needs
from api.deps import Tenant
from api.errors import wrong
from api.preferring import Floats, Opinions, expected
from api.schemas.tastes import OpinionsOut, RankedOut, RankingOut, RankingQuery
from db import results, tastes, vectors, versions
from db.engine import reading
from db.results import Wanted
from db.tables.embeddings import Embedding
from db.tables.tastes import Taste
from db.tastes import Who

MOST: Final = 200
"""So many results of a product, the newest, take part."""
router = APIRouter(prefix="/v1/rankings", tags=["rankings"])


@router.get("", dependencies=[needs("jobs:read")])
def rank(query: Annotated[RankingQuery, Query()], tenant: Tenant) -> RankingOut:
    """A product's published results, what will be liked most first; no job is placed."""
    if query.segment is None and query.shopper is None:
        raise wrong("/query/segment", "one_of", "name a segment, a shopper, or both")
    who = Who(query.segment, query.shopper)
    with reading() as session:
        version = (
            versions.serving(session, tenant, "classifier")
            if query.version is None
            else versions.find(session, tenant, query.version, network="classifier")
        )
        rows = results.page(session, tenant, Wanted(sku=query.sku), limit=MOST)
        said = tastes.of(session, tenant, who)
        named = {one.id for one in rows} | {one.picture_id for one in said}
        seen = vectors.of_many(session, tenant, named, version=version.id)
    known = [one for one in said if one.picture_id in seen]
    return RankingOut(
        version=version.label,
        sku=query.sku,
        segment=who.segment,
        shopper=who.shopper,
        opinions=_counted(known, who),
        items=_ranked([one.id for one in rows if one.id in seen], known, seen, who),
        not_embedded=[one.id for one in rows if one.id not in seen],
    )


def _ranked(
    ids: Sequence[str], known: Sequence[Taste], seen: Mapping[str, Embedding], who: Who
) -> list[RankedOut]:
    """The best first; of equals the newest, as they come."""
    if not ids:
        return []
    opinions = Opinions(
        _vectors([one.picture_id for one in known], seen, like=ids[0]),
        np.array([one.liked for one in known], float),
        # Of whoever is asked for: a shopper's own opinions are of the segment that they are in.
        np.ones(len(known)),
        np.array([_is_of(one.shopper, who.shopper) for one in known], float),
    )
    told = expected(_vectors(ids, seen, like=ids[0]), opinions, has_shopper=who.shopper is not None)
    order = np.argsort(-told.mean, kind="stable")
    return [
        RankedOut(
            id=ids[at],
            expected=round(float(told.mean[at]), 4),
            deviation=round(float(told.deviation[at]), 4),
        )
        for at in order
    ]


def _vectors(ids: Sequence[str], seen: Mapping[str, Embedding], *, like: str) -> Floats:
    """[N, D], also of nothing."""
    data = b"".join(seen[one].vector for one in ids)
    return np.frombuffer(data, "<f2").astype(float).reshape(len(ids), seen[like].dimension)


def _is_of(said: str | None, asked: str | None) -> bool:
    return asked is not None and said == asked


def _counted(known: Sequence[Taste], who: Who) -> OpinionsOut:
    return OpinionsOut(
        segment=sum(_is_of(one.segment, who.segment) for one in known),
        shopper=sum(_is_of(one.shopper, who.shopper) for one in known),
    )
