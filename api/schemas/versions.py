"""A version, as callers see it."""

import json
from datetime import datetime
from typing import Any, Literal

from api.schemas.base import Answer
from db.blobs import SHIPPED
from db.tables.versions import Version


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
    created_at: datetime


class VersionsOut(Answer):
    items: list[VersionOut]


def version_out(row: Version) -> VersionOut:
    return VersionOut(
        id=row.id,
        label=row.label,
        network=row.network,
        state=row.state,
        shipped=row.tenant == SHIPPED,
        weights_sha256=row.weights_key,
        card=json.loads(row.card),
        dataset_id=row.dataset_id,
        job_id=row.job_id,
        created_at=row.created_at,
    )
