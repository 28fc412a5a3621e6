"""Erasure through the door: rows and bytes have gone before the caller is answered."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Query, Response
from sqlalchemy.orm import Session

from api.errors import Problem
from api.schemas.base import Answer
from db import collector, erasure, ids
from db.engine import long_transaction, reading
from db.erasure import Erased, NotThere
from workers.queues import ring

FromDatasets = Annotated[
    bool, Query(description="Take it out of datasets too; otherwise one that holds it refuses.")
]
Erase = Callable[..., Erased]
"""One of db.erasure: session, tenant, id, from_datasets."""


class ErasedOut(Answer):
    """What learnt from it before it went: nobody can take a picture out of weights."""

    trained_versions: list[str]
    """Labels of versions whose dataset held it. Train them again without it, or retire them."""


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": ErasedOut, "description": "Erased; versions that learnt from it are left."},
    204: {"description": "Erased; no version learnt from it."},
}


def erase(
    erase_one: Erase, tenant: str, row_id: str, *, from_datasets: bool, code: str
) -> Response:
    """Erase one row with all that was made from it; the answer names versions that learnt from it.

    Raises:
        Problem: there is none (`code`), or no longer (`erased`).
        StillOpen: it cannot be erased yet.
        InDataset: a dataset holds it.
        StoreUnavailable: the rows have gone; the bytes go by themselves when the store answers.
    """
    if not ids.is_id(row_id):
        raise Problem(code, "there is nothing of this id")
    try:
        with long_transaction() as session:
            erased = erase_one(session, tenant, row_id, from_datasets=from_datasets)
    except NotThere as error:
        with reading() as session:
            raise missing(session, tenant, row_id, code, str(error)) from error
    ring("hooks")  # of jobs that this has ended
    collector.collect_these(tenant, erased.keys)
    if not erased.versions:
        return Response(status_code=204)
    told = ErasedOut(trained_versions=sorted(erased.versions))
    return Response(told.model_dump_json(), media_type="application/json")


def missing(session: Session, tenant: str, row_id: str, code: str, detail: str) -> Problem:
    """What is not there never was, or is another's; or it was erased."""
    if ids.is_id(row_id) and erasure.was_erased(session, tenant, row_id):
        return Problem("erased", "it was erased")
    return Problem(code, detail)
