"""Pictures, results and what people thought of them, without a worker."""

from typing import Any

from db import blobs, feedback, intake, pictures
from db.engine import transaction
from tests import factories, rows
from tests.rows import TENANT


def upload(number: int) -> str:
    """The id of a picture that no other number gives."""
    data = factories.encoded(factories.shot(number), "PNG")
    blobs.put(TENANT, data)
    with transaction() as session:
        return pictures.register(session, TENANT, intake.check(data), name=None).picture.id


def made(number: int, *, op: str = "upscale", asked: dict[str, Any], **columns: Any) -> str:
    """The id of a result of a job, and bytes that were never seen before."""
    key = blobs.put(TENANT, factories.encoded(factories.shot(number), "PNG"))
    job_id = rows.queued(op, envelope={"operation": asked})
    rows.claim()
    lease = rows.lease_of(rows.read(job_id))
    size = {"width": 40, "height": 40, "blob_key": key, "sha256": key}
    with transaction() as session:
        session.add(row := rows.result(lease, op=op, **size | columns))
        return row.id


def rate(result: str, *ratings: int) -> None:
    """Each of them by somebody else."""
    with transaction() as session:
        for number, rating in enumerate(ratings):
            feedback.rate(session, TENANT, result, rating=rating, rater=str(number))
