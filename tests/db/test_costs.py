"""What lists cost does not grow with the history: each is read from an index, and no further."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from db import batch_lines, clock, jobs, results, transitions
from db.engine import long_transaction, reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.tables.results import Result
from tests import explained, rows
from tests.factories import NOWHERE

# The unique (job_id, ordinal), which SQLite names itself.
_OF_JOB = r"uq_result_job_id|sqlite_autoindex_result_\d \(job_id"

pytestmark = pytest.mark.usefixtures("archive")


def _analyse(*, is_analysed: bool) -> None:
    """SQLite is never analysed where nobody does it; PostgreSQL does it by itself."""
    with reading() as session:
        is_sqlite = session.get_bind().dialect.name == "sqlite"
    if is_analysed or not is_sqlite:
        explained.analyse()


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
        ({"sku": "shoe-1", "op": "upscale"}, "ix_job_sku"),
        ({"sku": "shoe-1", "op": "upscale", "state": "succeeded"}, "ix_job_sku"),
        ({"external_id": "order-7", "sku": "shoe-1", "state": "dead"}, "ix_job_external_id"),
        ({"state": "failed", "op": "upscale"}, "ix_job_state"),
    ],
    ids=str,
)
@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "never analysed"])
def test_a_page_of_jobs_is_read_from_its_index(
    wanted: dict[str, Any], index: str, *, is_analysed: bool
):
    rows.history(5_000)
    for state in ("failed", "dead"):
        rows.queued(state=state, finished_at=rows.clock.now(), sku="shoe-1")
    _analyse(is_analysed=is_analysed)

    def ask(session: Session) -> None:
        jobs.page(session, rows.TENANT, limit=50, **wanted)

    with reading() as session:
        (plan,) = explained.plans(session, ask)

    assert index in plan, plan
    assert not explained.reads_whole(plan, "job"), plan


def _delivered(count: int) -> None:
    """So many results of as many jobs, a second apart, all published."""
    job_ids = rows.history(count)
    with long_transaction() as session:
        values = [
            results._values(rows.result(Lease(job_id, "worker", 1), sku=f"shoe-{number % 500}"))
            | {"created_at": datetime.now(UTC) - timedelta(seconds=count - number)}
            for number, job_id in enumerate(job_ids)
        ]
        session.execute(insert(Result), values)


@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "never analysed"])
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, r"ix_result_newest"),
        ({"job_id": NOWHERE}, _OF_JOB),
        ({"job_id": NOWHERE, "sku": "shoe-1", "op": "upscale", "visibility": "held"}, _OF_JOB),
        ({"sku": "shoe-1"}, r"ix_result_sku"),
        ({"sku": "shoe-1", "op": "upscale"}, r"ix_result_sku"),
        ({"op": "cutout"}, r"ix_result_op"),
        ({"visibility": "held"}, r"ix_result_unpublished"),
        ({"visibility": "quarantined", "op": "upscale"}, r"ix_result_unpublished"),
    ],
    ids=str,
)
def test_a_page_of_results_is_read_from_its_index(
    wanted: dict[str, Any], index: str, *, is_analysed: bool
):
    _delivered(5_000)
    _analyse(is_analysed=is_analysed)

    def ask(session: Session) -> None:
        results.page(session, rows.TENANT, results.Wanted(**wanted), limit=50)

    with reading() as session:
        (plan,) = explained.plans(session, ask)

    assert re.search(index, plan), plan
    assert not explained.reads_whole(plan, "result"), plan


@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "never analysed"])
def test_what_some_jobs_delivered_is_found_by_the_jobs(*, is_analysed: bool):
    _delivered(5_000)
    _analyse(is_analysed=is_analysed)
    some = [new_id() for _ in range(50)]

    for delivered in (results.of_jobs, batch_lines._delivered):
        ask = partial(delivered, tenant=rows.TENANT, job_ids=some)
        with reading() as session:
            (plan,) = explained.plans(session, ask)

        assert re.search(_OF_JOB, plan), plan
        assert not explained.reads_whole(plan, "result"), plan


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
