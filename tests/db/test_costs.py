"""What lists cost does not grow with the history: each is read from an index, and no further."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from db import jobs
from db.engine import reading
from tests import explained, rows

pytestmark = pytest.mark.usefixtures("archive")


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "ix_job_newest"),
        ({"state": "failed"}, "ix_job_state"),
        ({"state": "running"}, "ix_job_state"),
        ({"state": "succeeded"}, "ix_job_newest"),
        ({"op": "cutout"}, "ix_job_op"),
        ({"sku": "shoe-1"}, "ix_job_sku"),
        ({"external_id": "order-7"}, "ix_job_external_id"),
    ],
    ids=str,
)
def test_a_page_of_jobs_is_read_from_its_index(wanted: dict[str, Any], index: str):
    rows.history(5_000)
    for state in ("failed", "dead"):
        rows.queued(state=state, finished_at=rows.clock.now(), sku="shoe-1")
    explained.analyse()

    def ask(session: Session) -> None:
        jobs.page(session, rows.TENANT, limit=50, **wanted)

    with reading() as session:
        (plan,) = explained.plans(session, ask)

    assert index in plan, plan
    assert not explained.reads_whole(plan, "job"), plan
