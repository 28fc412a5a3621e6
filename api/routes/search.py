"""What is like a picture or result that `embed` has seen: answered at once, no job is placed."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from api.auth import needs
from api.deps import Tenant
from api.errors import Problem, wrong
from api.mirrored import both_ways
from api.nearest import Found, Nearest
from api.routes import pictures, results
from api.schemas.search import AlikeOut, SearchOut, SearchQuery, UnseenOut, UnseenQuery
from db import embeddings, unseen, vectors, versions
from db import results as result_rows
from db.engine import reading
from db.tables.versions import Version

router = APIRouter(prefix="/v1/search", tags=["search"])


@router.get("", dependencies=[needs("jobs:read")])
def search(query: Annotated[SearchQuery, Query()], tenant: Tenant, request: Request) -> SearchOut:
    """Your pictures and results that are most like one of them, itself left out; exact."""
    asked = _asked(query, tenant)
    index: Nearest = request.app.state.nearest
    with reading() as session:
        version = _version(session, tenant, query.version)
        own = vectors.of(session, tenant, asked, version=version.id)
    if own is None:
        detail = f"version {version.label} has not seen it: place the operation embed first"
        raise Problem("not_embedded", detail)
    queries = both_ways(own.space, np.frombuffer(own.vector, "<f2").astype(np.float32))
    found = index.search(tenant, own.space, queries, k=query.k, without=asked)
    return SearchOut(
        version=version.label,
        space=own.space,
        compared=found.compared,
        found=_alike(tenant, found),
    )


@router.get("/unseen", dependencies=[needs("jobs:read")])
def not_seen(query: Annotated[UnseenQuery, Query()], tenant: Tenant) -> UnseenOut:
    """Pictures and published results that a version has not embedded: what an index still lacks."""
    with reading() as session:
        version = _version(session, tenant, query.version)
        found = unseen.of(session, tenant, version.id, limit=query.limit, after=query.after or "")
    return UnseenOut(version=version.label, ids=list(found))


def _version(session: Session, tenant: str, name: str | None) -> Version:
    if name is None:
        return versions.serving(session, tenant, "classifier")
    return versions.find(session, tenant, name, network="classifier")


def _asked(query: SearchQuery, tenant: str) -> str:
    """The id that is asked for, of something that is there."""
    match query.picture, query.result:
        case str(picture), None:
            return _either(tenant, picture)
        case None, str(result):
            return results.found(tenant, result).id
        case _:
            raise wrong("/query/picture", "one_of", "name a picture or a result, one of the two")


def _either(tenant: str, one: str) -> str:
    """As in an order, a result may stand where a picture is asked for."""
    with reading() as session:
        is_result = result_rows.find(session, tenant, one) is not None
    return one if is_result else pictures.found(tenant, one).id


def _alike(tenant: str, found: Found) -> Sequence[AlikeOut]:
    with reading() as session:
        taken_in = embeddings.taken_in(session, tenant, found.ids)
    return [
        AlikeOut(
            id=one,
            kind="picture" if one in taken_in else "result",
            similarity=round(similarity, 4),
        )
        for one, similarity in zip(found.ids, found.similarities, strict=True)
    ]
