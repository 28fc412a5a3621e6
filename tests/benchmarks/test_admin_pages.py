"""The pages that are timed are there, with as many jobs and results as were asked for."""

import pytest
from sqlalchemy import func, select

from benchmarks import admin_pages, engine_fill
from db import secrets
from db.engine import reading
from db.tables.jobs import SUCCEEDED, Job
from db.tables.results import Result


@pytest.mark.usefixtures("home")
def test_every_page_is_timed_with_a_result_for_each_job_that_succeeded() -> None:
    secrets.ensure_local_key()
    engine_fill.fill(300, queued=0)
    admin_pages.fill_results()

    timed = list(admin_pages.measured(rounds=1))

    assert [page for page, _, _ in timed] == [*admin_pages.PAGES]
    assert all(0 < first_ms == median_ms for _, first_ms, median_ms in timed)
    with reading() as session:
        succeeded = select(func.count()).where(Job.state == SUCCEEDED)
        made = select(func.count()).select_from(Result)
        assert session.scalar(succeeded) == session.scalar(made) == 298
