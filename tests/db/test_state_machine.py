"""All arrows in random order, with several owners, many of them too late: what always holds."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update

from db import clock, erasure, jobs, queues, results, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.tables.deliveries import Delivery, DeliveryAttempt, Endpoint
from db.tables.jobs import TERMINAL, Attempt, Job, JobInput, Queue
from db.tables.results import Result
from db.transitions import Outcome
from tests import rows

OWNERS = st.sampled_from(["first", "second"])
TENANTS = [rows.TENANT, "other"]


class Arrows(RuleBasedStateMachine):
    """Workers that hold, lose and misremember leases, and callers that change their minds."""

    all_jobs = Bundle("jobs")
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False
        self.holders: dict[str, Lease] = {}
        self.winners: dict[str, int] = {}
        self.ended: dict[str, dict[str, Any]] = {}
        with transaction() as session:
            for table in (
                DeliveryAttempt,
                Delivery,
                Endpoint,
                Result,
                Attempt,
                JobInput,
                Job,
                Queue,
            ):
                session.execute(delete(table))
            session.add(_listener())

    @initialize(target=all_jobs)
    def two_jobs_wait(self) -> Any:
        return multiple(*(rows.queued(max_attempts=2) for _ in range(2)))

    @rule(target=all_jobs, max_attempts=st.integers(1, 3), tenant=st.sampled_from(TENANTS))
    def somebody_asks(self, max_attempts: int, tenant: str) -> str:
        return rows.queued(max_attempts=max_attempts, tenant=tenant)

    @rule(is_paused=st.booleans())
    def an_operator_pauses_or_resumes(self, is_paused: bool) -> None:  # noqa: FBT001
        with transaction() as session:
            (queues.pause if is_paused else queues.resume)(session, "gpu")
        self.is_paused = is_paused

    @rule(
        target=leases,
        owner=OWNERS,
        room=st.integers(1, 3),
        solo=st.sampled_from([False, False, False, True]),
    )
    def a_worker_claims(self, owner: str, room: int, solo: bool) -> Any:  # noqa: FBT001
        claimed = [rows.lease_of(job) for job in rows.claim(owner=owner, room=room, solo=solo)]
        assert len(claimed) <= room
        assert not (claimed and self.is_paused)
        for lease in claimed:
            assert lease.job_id not in self.holders
            self.holders[lease.job_id] = lease
        return multiple(*claimed)

    @rule(lease=leases, end=st.sampled_from(["succeeded", "gate", "failed"]))
    def a_worker_ends(self, lease: Lease, end: str) -> None:
        with transaction() as session:
            if end == "succeeded":
                done = transitions.succeed(session, lease)
            else:
                done = transitions.fail(session, lease, code=end, detail="ssim is 0.1")
            if done and end != "failed":
                visibility = "published" if end == "succeeded" else "held"
                made = rows.result(lease, visibility=visibility, tenant=_tenant_of(lease))
                results.add(session, [made])
        self._expect(lease, changed=done)
        if done and end != "failed":
            self.winners[lease.job_id] = lease.token

    @rule(some=st.lists(leases, min_size=2, max_size=4, unique=True))
    def a_committer_ends_a_group(self, some: list[Lease]) -> None:
        group = [lease for lease in some if lease.owner == some[0].owner]
        outcomes = [
            Outcome(lease, "succeeded", results=[rows.result(lease, tenant=_tenant_of(lease))])
            for lease in group
        ]
        with transaction() as session:
            held = transitions.finish(session, outcomes)
        for lease in group:
            self._expect(lease, changed=lease in held)
        self.winners |= {lease.job_id: lease.token for lease in held}

    @rule(lease=leases, way=st.sampled_from(["retry", "release", "crash"]))
    def a_worker_gives_back(self, lease: Lease, way: str) -> None:
        with transaction() as session:
            match way:
                case "retry":
                    state = transitions.retry(session, lease, code="storage", detail="full")
                case "release":
                    state = transitions.release(session, lease)
                case _:
                    state = transitions.crash(session, lease, detail="illegal access")
        self._expect(lease, changed=state is not None)

    @rule(lease=leases)
    def a_worker_stops_as_asked(self, lease: Lease) -> None:
        asked = rows.read(lease.job_id).cancel_requested_at is not None
        with transaction() as session:
            done = transitions.cancel_running(session, lease)
        if asked:
            self._expect(lease, changed=done)
        else:
            assert not done

    @rule(lease=leases)
    def a_worker_renews(self, lease: Lease) -> None:
        with transaction() as session:
            renewed = transitions.renew(session, lease.owner, [lease], lease_s=60)
        job = rows.read(lease.job_id)
        is_overtime = job.timeout_s == 0.001
        held = self.holders.get(lease.job_id) == lease and not is_overtime
        assert renewed == ({lease} if held else set())

    @rule(overtime=st.booleans(), found=st.booleans())
    def every_lease_runs_out(self, overtime: bool, found: bool) -> None:  # noqa: FBT001
        for job_id in self.holders:
            rows.lease_ran_out(job_id)
            if overtime:
                rows.change(job_id, timeout_s=0.001)
        if found:
            self.the_sweeper_sweeps()

    @rule()
    def the_sweeper_sweeps(self) -> None:
        with transaction() as session:
            swept = transitions.sweep(session)
        for job in swept:
            assert self.holders.pop(job.id).token < job.lease_token

    @rule(job_id=all_jobs, late=st.booleans())
    def somebody_loses_patience(self, job_id: str, late: bool) -> None:  # noqa: FBT001
        if late and rows.read(job_id).state == "queued":
            rows.change(job_id, deadline_at=clock.seconds_from_now(-1))
        with transaction() as session:
            if late:
                transitions.expire(session)
            else:
                jobs.cancel(session, rows.read(job_id).tenant, job_id)

    @rule(job_id=all_jobs)
    def its_picture_is_erased(self, job_id: str) -> None:
        with transaction() as session:
            stopped = erasure._stop(session, {job_id})
        if stopped:
            self.holders.pop(job_id, None)

    @rule()
    def every_pause_is_over(self) -> None:
        with transaction() as session:
            is_queued = update(Job).where(Job.state == "queued")
            session.execute(is_queued.values(scheduled_at=clock.seconds_from_now(-1)))

    @invariant()
    def every_row_is_what_it_may_be(self) -> None:
        with reading() as session:
            found = {job.id: job for job in session.scalars(select(Job))}
        for job in found.values():
            assert (job.state in TERMINAL) == (job.finished_at is not None)
            assert 0 <= job.attempt <= job.max_attempts
            assert job.crash_count <= transitions.DEAD_AT_CRASH
            assert job.state != "queued" or job.cancel_requested_at is None
            assert (job.state == "running") == (job.id in self.holders)
            if job.state == "running":
                assert rows.lease_of(job) == self.holders[job.id]
            self._never_changes_again(job)

    @invariant()
    def results_are_the_winners(self) -> None:
        with reading() as session:
            written = {one.job_id: one for one in session.scalars(select(Result))}
            states = {job.id: job for job in session.scalars(select(Job))}
        assert {one.job_id: one.lease_token for one in written.values()} == self.winners
        for job_id, job in states.items():
            has_results = job.state == "succeeded" or job.error_code == "gate"
            assert has_results == (job_id in written)
            if job_id in written:
                expected = "published" if job.state == "succeeded" else "held"
                assert written[job_id].visibility == expected

    @invariant()
    def open_attempts_are_the_running_jobs(self) -> None:
        with reading() as session:
            tries = session.scalars(select(Attempt)).all()
        open_tries = {(one.job_id, one.lease_token) for one in tries if one.ended_at is None}
        assert open_tries == {(lease.job_id, lease.token) for lease in self.holders.values()}
        assert all((one.ended_at is None) == (one.outcome is None) for one in tries)

    @invariant()
    def every_end_is_told_once(self) -> None:
        with reading() as session:
            told = [(one.subject, one.event) for one in session.scalars(select(Delivery))]
            ends = {
                (job.id, f"job.{job.state}")
                for job in session.scalars(select(Job).where(Job.tenant == rows.TENANT))
                if job.state in TERMINAL
            }
        assert len(told) == len(set(told))
        assert set(told) == ends

    def _expect(self, lease: Lease, *, changed: bool) -> None:
        """Only the holder of the lease may have changed anything, and then holds it no more."""
        assert changed == (self.holders.get(lease.job_id) == lease)
        if changed:
            del self.holders[lease.job_id]

    def _never_changes_again(self, job: Job) -> None:
        whole = {column.key: getattr(job, column.key) for column in Job.__table__.columns}
        if job.state in TERMINAL:
            assert self.ended.setdefault(job.id, whole) == whole
        else:
            assert job.id not in self.ended


def _tenant_of(lease: Lease) -> str:
    return rows.read(lease.job_id).tenant


def _listener() -> Endpoint:
    """Hears of everything that happens to one of the tenants."""
    return Endpoint(
        id=new_id(),
        tenant=rows.TENANT,
        url="https://storefront.example/hook",
        events=[],
        secret="",
        created_at=clock.now(),
    )


def _walk(*, walks: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Arrows,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],  # to make a failing walk shorter takes minutes
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.usefixtures("sqlite_archive")
def test_whatever_the_order_of_the_arrows_no_job_is_lost_doubled_or_changed_after_its_end():
    _walk(walks=40, steps=50)


@pytest.mark.postgres
@pytest.mark.usefixtures("postgresql_archive")
def test_the_same_holds_on_postgresql():
    _walk(walks=10, steps=50)
