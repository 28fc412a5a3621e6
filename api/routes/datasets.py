"""Datasets: pictures to learn from, registered once and never changed."""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from api import bodies
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.errors import at, wrong
from api.schemas.datasets import DatasetIn, DatasetOut, DatasetsOut, dataset_out
from db import datasets, pictures
from db.engine import reading, transaction
from db.operations.order import check_json
from db.pointers import pointer

KIND = "pictures"
router = APIRouter(prefix="/v1/datasets", tags=["datasets"], dependencies=[needs("train")])
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DatasetIn"}}},
}


@router.get("")
def all_visible(tenant: Tenant) -> DatasetsOut:
    """The shop's own and those that came with Packshot."""
    with reading() as session:
        return DatasetsOut(items=[dataset_out(row) for row in datasets.visible(session, tenant)])


@router.post("", status_code=201, openapi_extra={"requestBody": _BODY})
def register(raw: JsonBody, tenant: Tenant, response: Response) -> DatasetOut:
    """Name pictures that were taken in, each with its category."""
    wanted = bodies.parse(raw, _read)
    with transaction() as session:
        manifest = _manifest(session, tenant, wanted)
        row = datasets.add(
            session,
            tenant=tenant,
            name=wanted.name,
            kind=KIND,
            pictures=len(manifest),
            categories=sorted({entry["category"] for entry in manifest}),
            manifest=manifest,
            licence=wanted.licence,
        )
    response.headers["Location"] = "/v1/datasets"
    return dataset_out(row)


def _read(raw: bytes) -> DatasetIn:
    check_json(raw)
    return DatasetIn.model_validate_json(raw)


def _manifest(session: Session, tenant: str, wanted: DatasetIn) -> list[dict[str, Any]]:
    """Each picture's id, its bytes' key and its category; the same bytes only once."""
    manifest: list[dict[str, Any]] = []
    seen: set[str] = set()
    keys = (entry.picture for entry in wanted.pictures)
    sources = pictures.resolve_many(session, tenant, keys, hold=True)
    for number, entry in enumerate(wanted.pictures):
        where = pointer("pictures", number, "picture")
        source = sources.get(entry.picture)
        if source is None:
            raise at(where, "picture_not_found", "no picture and no result has this id")
        if source.key in seen:
            raise wrong(where, "duplicate_picture", "the dataset has this picture already")
        seen.add(source.key)
        manifest.append(
            {"picture": entry.picture, "sha256": source.key, "category": entry.category}
        )
    return manifest
