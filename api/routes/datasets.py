"""Datasets: pictures to learn from, in versions that never change."""

from fastapi import APIRouter, Response

from api import bodies
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.errors import at, wrong
from api.schemas.datasets import (
    DatasetIn,
    DatasetOut,
    DatasetsOut,
    dataset_out,
    dataset_summary,
)
from db import datasets, registration
from db.engine import reading
from db.pointers import pointer
from db.registration import PicturesMissing
from db.selection import Wanted
from db.tables.versions import Dataset

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], dependencies=[needs("train")])


@router.get("")
def all_visible(tenant: Tenant) -> DatasetsOut:
    """The shop's own and those that came with Packshot, every version of each."""
    with reading() as session:
        rows = datasets.visible(session, tenant)
    return DatasetsOut(items=[dataset_summary(row) for row in rows])


@router.get("/{dataset}")
def find(dataset: str, tenant: Tenant) -> DatasetOut:
    """By id, by name (the newest version) or by `name@version`."""
    with reading() as session:
        row = datasets.find(session, tenant, dataset)
    return dataset_out(row)


@router.post("", status_code=201, openapi_extra=bodies.described("DatasetIn"))
def register(raw: JsonBody, tenant: Tenant, response: Response) -> DatasetOut:
    """Name pictures or results, each with its category: those fit to learn from are a version."""
    asked = bodies.parse_as(raw, DatasetIn)
    row = _registered(tenant, asked)
    response.headers["Location"] = f"/v1/datasets/{row.id}"
    return dataset_out(row)


@router.post("/{dataset}/feedback", status_code=201)
def add_feedback(dataset: str, tenant: Tenant, response: Response) -> DatasetOut:
    """The next version of a dataset, by what people thought of results.

    Accepted results enter with the pictures they were made from; rejected ones leave. What a
    network could not give back enters as what is to be learnt. Generated pictures stay out.
    """
    row = registration.register_rated(tenant, dataset)
    response.headers["Location"] = f"/v1/datasets/{row.id}"
    return dataset_out(row)


def _registered(tenant: str, asked: DatasetIn) -> Dataset:
    wanted = [
        Wanted(one.picture, one.category, one.product, consent=one.consent)
        for one in asked.pictures
    ]
    _check_same(wanted)
    try:
        return registration.register(
            tenant,
            asked.name,
            wanted,
            licence=asked.licence,
            include_generated=asked.include_generated,
        )
    except PicturesMissing as error:
        where = pointer("pictures", error.places[0], "picture")
        raise at(where, "picture_not_found", str(error)) from error


def _check_same(wanted: list[Wanted]) -> None:
    """A picture that is named twice is named in one category."""
    before: dict[str, str] = {}
    for number, one in enumerate(wanted):
        other = before.setdefault(one.picture, one.category)
        if one.category != other:
            detail = f"the picture is named before, as one of {other!r}"
            raise wrong(pointer("pictures", number, "category"), "two_categories", detail)
