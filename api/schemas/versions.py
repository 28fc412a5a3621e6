"""A version, what was measured of it, and its service, as callers send and see them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer, Query, Text
from db.blobs import SHIPPED
from db.operations.base import NetworkName
from db.tables.promotions import Evaluation, Promotion
from db.tables.versions import Version


class _Wish(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class PromoteIn(_Wish):
    """How a version goes into service."""

    share: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    """Of the jobs that name no version; below 1 it is a canary, and what served goes on."""
    force: bool = False
    """Also if it was not measured to be better; what kept it back is written down."""
    reason: Text | None = None
    """For those who look later."""


class RollBackIn(_Wish):
    """Whose last promotion is taken back."""

    network: NetworkName


class PromotionsQuery(Query):
    network: NetworkName | None = None


class VersionOut(Answer):
    """Weights that a job may name."""

    id: str
    label: str
    network: str
    state: Literal["candidate", "serving", "retired"]
    shipped: bool
    """Whether it came with Packshot."""
    weights_sha256: str
    card: dict[str, Any]
    dataset_id: str | None
    job_id: str | None
    """The training that it came out of."""
    canary_share: float | None
    """Of the jobs that use it although another version serves."""
    created_at: datetime


class EvaluationOut(Answer):
    """A version on held-out pictures, beside its baseline and beside what served."""

    id: str
    dataset_id: str | None
    job_id: str | None
    incumbent_id: str | None
    """What served then."""
    digest: str
    """Of the held-out pictures."""
    pictures: int
    measure: str
    value: float
    baseline: float
    incumbent: float | None
    beats_baseline: bool
    """Beyond noise."""
    beats_incumbent: bool | None
    """Beyond noise; null where nothing served that could be compared."""
    fallen: list[str]
    """Categories in which what served is better beyond noise."""
    told: dict[str, Any]
    """Everything that was measured."""
    created_at: datetime


class VersionDetail(VersionOut):
    """A version with everything that was measured of it, newest first."""

    evaluations: list[EvaluationOut]


class PromotionOut(Answer):
    """A change of what serves."""

    id: str
    network: str
    version_id: str
    previous_id: str | None
    """What served before."""
    share: float
    forced: bool
    refused: str | None
    """What would have kept it back, of one that was forced."""
    reason: str | None
    made_by: str | None
    """The key that asked; null of a rule of Packshot's own."""
    created_at: datetime
    undone_at: datetime | None
    undone_by: str | None


class PromotionsOut(Answer):
    items: list[PromotionOut]


class VersionsOut(Answer):
    items: list[VersionOut]


def version_out(row: Version) -> VersionOut:
    return VersionOut(**_fields(row))


def version_detail(row: Version, evaluations: Sequence[Evaluation]) -> VersionDetail:
    told = [EvaluationOut.model_validate(one) for one in evaluations]
    return VersionDetail(**_fields(row), evaluations=told)


def promotion_out(row: Promotion) -> PromotionOut:
    return PromotionOut.model_validate(row)


def _fields(row: Version) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "network": row.network,
        "state": row.state,
        "shipped": row.tenant == SHIPPED,
        "weights_sha256": row.weights_key,
        "card": json.loads(row.card),
        "dataset_id": row.dataset_id,
        "job_id": row.job_id,
        "canary_share": row.canary_share,
        "created_at": row.created_at,
    }
