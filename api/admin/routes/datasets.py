"""Datasets: registered of pictures and results, and their next versions, by hand or by ratings."""

import json

from fastapi import APIRouter, Request, Response

from api.admin import pages, picked
from api.admin.door import Sent, SignedIn
from api.routes import datasets, results
from api.schemas.results import ResultsQuery
from db import datasets as archive
from db.engine import reading

SHOWN = 60
"""Results to choose from."""
router = APIRouter(prefix="/admin/datasets")


@router.get("")
def page(request: Request, admin: SignedIn) -> Response:
    """What networks learn from, every version of each."""
    told = datasets.all_visible(admin.tenant).items
    return pages.show(request, "datasets.html", datasets=told)


@router.get("/new")
def new(request: Request, admin: SignedIn) -> Response:
    """The form for a new one."""
    return _form(request, admin)


@router.get("/{dataset}")
def one(request: Request, admin: SignedIn, dataset: str) -> Response:
    """One with what became of the pictures that were named, and what it can train."""
    return pages.show(request, "dataset.html", dataset=datasets.find(dataset, admin.tenant))


@router.get("/{dataset}/next")
def following(request: Request, admin: SignedIn, dataset: str) -> Response:
    """The form for its next version, with the pictures that it has."""
    with reading() as session:
        row = archive.own(session, admin.tenant, dataset)
    lines = picked.written(row.manifest)
    return _form(request, admin, name=row.name, licence=row.licence or "", lines=lines)


@router.post("")
def register(admin: SignedIn, sent: Sent) -> Response:
    """Those fit to learn from are a version; its page says what became of the others."""
    wanted: dict[str, object] = {
        "name": sent.get("name", "").strip(),
        "licence": sent.get("licence"),
        "include_generated": "include_generated" in sent,
        "pictures": [*picked.named(sent.get("pictures", "")), *picked.ticked(sent)],
    }
    # As a JSON body it passes the very checks of the API.
    made = datasets.register(json.dumps(wanted).encode(), admin.tenant, Response())
    return pages.back_to(f"/admin/datasets/{made.id}", did="registered")


@router.post("/{dataset}/feedback")
def add_feedback(admin: SignedIn, _sent: Sent, dataset: str) -> Response:
    """The next version by what people thought of results."""
    made = datasets.add_feedback(dataset, admin.tenant, Response())
    return pages.back_to(f"/admin/datasets/{made.id}", did="registered")


def _form(
    request: Request, admin: SignedIn, *, name: str = "", licence: str = "", lines: str = ""
) -> Response:
    newest = results.page(ResultsQuery(visibility="published", limit=SHOWN), admin.tenant).items
    filled = {"name": name, "licence": licence, "lines": lines}
    return pages.show(request, "dataset_new.html", results=newest, filled=filled)
