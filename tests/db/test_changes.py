"""What a look finds: each change once, of whom it is asked, and by an index."""

import pytest

from db import changes, clock, datasets, jobs, transitions
from db.changes import BatchSeen, Gone, JobMark, JobSeen, TenantMark
from db.engine import reading, transaction
from tests import explained, rows
from tests.factories import NOWHERE

pytestmark = pytest.mark.usefixtures("archive")
EPOCH = {
    "losses": {"kl": 0.5}, "val_psnr_db": 20.0, "val_ssim": 0.5, "identical": 0,
    "learning_rate": 1e-3, "seconds": 2.0, "images_per_s": 99.0,
}  # fmt: skip


def _look(mark: TenantMark, tenant: str = "shop") -> tuple[TenantMark, dict[str, str]]:
    with reading() as session:
        mark, seen = changes.of_tenant(session, tenant, mark)
    return mark, {one.id: one.state for one in seen}


def _of(job_id: str, mark: JobMark) -> JobSeen | Gone | None:
    with reading() as session:
        return changes.of_jobs(session, {("shop", job_id): mark}).get(("shop", job_id))


def test_a_look_at_a_tenant_finds_each_change_once() -> None:
    rows.queued(tenant="other")
    first, second = rows.queued(), rows.queued()

    mark, made = _look(TenantMark())
    mark, nothing = _look(mark)
    (job,) = (one for one in rows.claim(room=2) if one.tenant == "shop")
    mark, begun = _look(mark)
    with transaction() as session:
        transitions.release(session, rows.lease_of(job))
    mark, put_back = _look(mark)
    with transaction() as session:
        jobs.cancel(session, "shop", second)
    mark, ended = _look(mark)

    assert (made, nothing) == ({first: "queued", second: "queued"}, {})
    assert (begun, put_back) == ({job.id: "running"}, {job.id: "queued"})
    assert ended == {second: "cancelled"}


def test_a_job_that_was_put_back_long_after_it_was_made_is_seen() -> None:
    job_id = rows.queued(created_at=clock.seconds_from_now(-3600))
    (job,) = rows.claim()
    mark, _ = _look(TenantMark())
    with transaction() as session:
        transitions.release(session, rows.lease_of(job))

    assert _look(mark)[1] == {job_id: "queued"}


def test_of_a_job_only_another_revision_and_new_epochs_are_told() -> None:
    job_id = rows.queued("train", envelope={"operation": {"dataset": "d", "network": "gan"}})
    with transaction() as session:
        for number in (1, 2, 3):
            datasets.record_epoch(session, job_id, number, EPOCH)

    told, same = _of(job_id, JobMark(1, 1)), _of(job_id, JobMark(4, 3))

    assert isinstance(told, JobSeen)
    assert (told.revision, [row.number for row in told.epochs]) == (4, [2, 3])
    assert same is None
    assert _of(NOWHERE, JobMark()) == Gone(NOWHERE)


def test_a_batch_is_seen_with_its_counts_and_by_nobody_else() -> None:
    batch_id = rows.batch_of([rows.queued(), rows.queued(state="failed", finished_at=clock.now())])

    with reading() as session:
        mine = changes.of_batch(session, "shop", batch_id)
        theirs = changes.of_batch(session, "other", batch_id)

    assert isinstance(mine, BatchSeen)
    assert (mine.counts["queued"], mine.counts["failed"]) == (1, 1)
    assert theirs == Gone(batch_id)


def test_a_look_at_a_tenant_walks_no_history() -> None:
    rows.history(5_000)
    explained.analyse()

    with explained.heard() as asked, transaction() as session:
        changes.of_tenant(session, "shop", TenantMark())

    # Of those that run, which are few, all are read, by whichever index holds nothing else.
    assert explained.read_whole(asked, but=("ix_job_running", "ix_job_leased")) == []
    of_looks = explained.indexes(asked)
    assert "ix_job_finished_at" in of_looks
    assert not of_looks & {"ix_job_op", "ix_job_state"}
