"""What lists cost does not grow with the history: each is read from an index, and no further."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from db import clock, jobs, transitions
from db.engine import reading, transaction
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


@pytest.mark.parametrize(
    ("step", "index"),
    [(transitions.sweep, "ix_job_leased"), (transitions.expire, "ix_job_deadline")],
    ids=["sweep", "expire"],
)
def test_what_is_looked_for_every_second_is_found_by_its_index(step: Any, index: str):
    rows.history(5_000)
    rows.many(200, deadline_at=clock.seconds_from_now(3600))
    rows.claim(room=20)
    explained.analyse()

    with transaction() as session:
        plan = explained.plans(session, step)[0]

    assert index in plan, plan
    assert not explained.reads_whole(plan, "job"), plan
