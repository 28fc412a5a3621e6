"""What people's ratings put into a shop's dataset, and what they take out of it.

An accepted result enters with the picture that it was made from; a rejected one leaves. Of an
operation that is to give its own picture back, a rejected result says that the network fails on
that picture: it enters all the same, as what is to be learnt. A picture of which a person said what
it shows enters in that category, if the dataset has it; one that is in it changes its category.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import candidates, labels
from db.left_out import LeftOut
from db.operations.order import Order
from db.operations.showroom import Spin
from db.selection import Wanted
from db.tables.feedback import Feedback
from db.tables.jobs import Job, JobInput
from db.tables.results import Result
from db.tables.versions import Dataset

PICTURE: Final = "picture"
"""The role of the picture that an operation starts from."""


class NothingRated(ValueError):
    """No rating and no label adds a picture, takes one out, or gives one another category."""


@dataclass(frozen=True, slots=True)
class Rated:
    """What the next version of a dataset holds by what people said.

    Attributes:
        wanted: all its pictures.
        uncategorised: results and pictures of which nobody said the category.
    """

    wanted: list[Wanted]
    uncategorised: list[LeftOut]


@dataclass(frozen=True, slots=True)
class _Opinion:
    """A result with the sum of its ratings: above 0 accepted, below 0 rejected."""

    result: Result
    request: str
    source: str | None
    total: int


def of(session: Session, dataset: Dataset) -> Rated:
    """The pictures of a dataset after all ratings and labels that its shop has given.

    Raises:
        NothingRated: it would be as it is.
    """
    opinions = _opinions(session, dataset.tenant)
    rejected = {one.result.blob_key for one in opinions if one.total < 0}
    said = labels.of(session, dataset.tenant)
    kept = [_kept(entry, said) for entry in dataset.manifest if entry["sha256"] not in rejected]
    before = {entry["picture"]: entry["category"] for entry in dataset.manifest}
    known = {**before, **said}
    labelled = [
        Wanted(picture, category)
        for picture, category in said.items()
        if category in dataset.categories
    ]
    proposed = list(_proposed(opinions, known, only=dataset.categories))
    new = [
        Wanted(one.picture, one.category, one.product, rated=True)
        for one in proposed
        if one.category
    ]
    # What is in it keeps its category, unless a person said another.
    wanted = {one.picture: one for one in [*labelled, *new, *kept]}
    there = candidates.find(session, dataset.tenant, wanted)
    fit = [wanted[picture] for picture, one in there.items() if one.key not in rejected]
    if {one.picture: one.category for one in fit} == before:
        raise NothingRated("no rating and no label changes this dataset")
    nameless = sorted({one.picture for one in proposed if not one.category})
    return Rated(
        wanted=sorted(fit, key=lambda one: one.picture),
        uncategorised=[LeftOut(picture, "uncategorised") for picture in nameless],
    )


def _kept(entry: Mapping[str, Any], labelled: Mapping[str, str]) -> Wanted:
    product = entry.get("product")
    # Where nobody said so, each picture is a product of its own.
    said = None if product == entry["picture"] else product
    rated = bool(entry.get("rated"))
    category = labelled.get(entry["picture"], entry["category"])
    consent = bool(entry.get("consent"))
    return Wanted(entry["picture"], category, said, rated=rated, consent=consent)


@dataclass(frozen=True, slots=True)
class _Proposal:
    picture: str
    category: str | None
    product: str | None


def _opinions(session: Session, tenant: str) -> list[_Opinion]:
    """The oldest result first; those on which people do not agree are nobody's."""
    totals = (
        select(Feedback.result_id, func.sum(Feedback.rating).label("total"))
        .where(Feedback.tenant == tenant)
        .group_by(Feedback.result_id)
        .subquery()
    )
    source = select(JobInput.picture_id).where(
        JobInput.job_id == Result.job_id, JobInput.role == PICTURE
    )
    rows = session.execute(
        select(Result, Job.request, source.scalar_subquery(), totals.c.total)
        .join(totals, totals.c.result_id == Result.id)
        .join(Job, Job.id == Result.job_id)
        .where(Result.tenant == tenant, totals.c.total != 0)
        .order_by(Result.created_at, Result.id)
    )
    return [_Opinion(*row) for row in rows]


def _proposed(
    opinions: Iterable[_Opinion], known: Mapping[str, str], *, only: Sequence[str]
) -> Iterator[_Proposal]:
    for one in opinions:
        operation = Order.model_validate_json(one.request).operation
        said: str | None = getattr(operation, "category", None)
        category = said or known.get(one.source or "") or (only[0] if len(only) == 1 else None)
        is_accepted = one.total > 0
        product = one.result.sku or one.source
        if one.source is not None and (is_accepted or operation.reference == "own"):
            yield _Proposal(one.source, category, product)
        # A sheet shows a product many times, which is no picture of one.
        if is_accepted and not isinstance(operation, Spin):
            yield _Proposal(one.result.id, category, product)
