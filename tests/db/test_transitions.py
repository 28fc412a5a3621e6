"""Every arrow of the state machine: what passes its guard, and what is refused."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import null, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import attempts, clock, jobs, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.union import OPERATIONS
from db.tables.jobs import TERMINAL, Job, Queue
from db.tables.results import Result
from db.transitions import Outcome
from tests import rows
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")


def _tries(job_id: str) -> list[tuple[int, str | None, str | None]]:
    with reading() as session:
        return [(one.lease_token, one.outcome, one.error) for one in attempts.of(session, job_id)]


def _run(arrow: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    with transaction() as session:
        return arrow(session, *arguments, **keywords)


def _asked_to_cancel(lease: Lease) -> Lease:
    _run(jobs.cancel, TENANT, lease.job_id)
    return lease


# Queued → running


def test_a_claimed_job_is_running_under_a_lease_of_its_own():
    job_id = rows.queued()

    (claimed,) = rows.claim(owner="worker-1")

    job = rows.read(job_id)
    assert (job.state, job.attempt, job.lease_token, job.lease_owner) == (
        *("running", 1, 1),
        "worker-1",
    )
    assert claimed.lease_token == 1
    assert job.started_at is not None
    assert job.lease_expires_at is not None
    leased_s = (job.lease_expires_at - job.started_at).total_seconds()
    assert leased_s == pytest.approx(rows.LEASE_S, abs=0.5)


def test_a_claim_begins_an_attempt_that_names_the_worker():
    job_id = rows.queued()

    rows.claim(owner="worker-1")

    with reading() as session:
        (attempt,) = attempts.of(session, job_id)
    assert (attempt.lease_token, attempt.worker, attempt.device) == (1, "worker-1", "cpu")
    assert (attempt.ended_at, attempt.outcome) == (None, None)


def test_a_job_of_another_queue_is_not_claimed():
    rows.queued("score", envelope={"operation": _two_pictures()})

    assert rows.claim(queue="gpu") == []
    assert len(rows.claim(queue="cpu")) == 1


def _two_pictures() -> dict[str, str]:
    return {"picture": rows.NOWHERE, "reference_picture": rows.NOWHERE}


def test_a_job_is_not_claimed_before_its_time():
    later = datetime.now(UTC) + timedelta(hours=1)
    job_id = rows.queued(envelope={"run_after": later.isoformat()})

    assert rows.claim() == []
    rows.is_due_now(job_id)
    assert [job.id for job in rows.claim()] == [job_id]


def test_a_job_past_its_deadline_is_not_claimed():
    rows.queued(deadline_at=clock.seconds_from_now(-1))

    assert rows.claim() == []


def test_a_job_of_an_operation_unknown_to_the_build_waits_for_a_newer_one():
    job_id = rows.queued(op="upscale")
    rows.change(job_id, op="levitate")

    assert rows.claim() == []


def test_a_paused_queue_gives_nothing_until_it_is_resumed():
    rows.queued()
    with transaction() as session:
        session.add(Queue(name="gpu", paused_at=clock.now()))

    assert rows.claim() == []
    with transaction() as session:
        session.get_one(Queue, "gpu").paused_at = None
    assert len(rows.claim()) == 1


def test_a_queue_paused_elsewhere_does_not_hold_up_this_one():
    rows.queued()
    with transaction() as session:
        session.add(Queue(name="train", paused_at=clock.now()))

    assert len(rows.claim()) == 1


def test_who_did_not_fail_keeps_their_place_in_line():
    released, swept = (rows.queued(scheduled_at=clock.seconds_from_now(-s)) for s in (30, 20))
    rows.queued(scheduled_at=clock.seconds_from_now(-10))
    first, second = rows.claim(room=2)
    _run(transitions.release, rows.lease_of(first))
    rows.lease_ran_out(second.id)
    _run(transitions.sweep)

    assert [job.id for job in rows.claim(room=2)] == [released, swept]


def test_jobs_are_claimed_by_priority_then_by_age_and_only_for_the_room_there_is():
    old = rows.queued(scheduled_at=clock.seconds_from_now(-20))
    young = rows.queued(scheduled_at=clock.seconds_from_now(-10))
    urgent = rows.queued(envelope={"priority": 1})

    assert [job.id for job in rows.claim(room=2)] == [urgent, old]
    assert [job.id for job in rows.claim(room=2)] == [young]


def test_a_solo_job_is_claimed_only_by_who_asks_for_one():
    alone = rows.queued(solo=True)
    other = rows.queued()

    assert [job.id for job in rows.claim(room=9)] == [other]
    assert [job.id for job in rows.claim(solo=True)] == [alone]


def test_many_claimers_share_the_jobs_and_none_takes_more_than_its_room():
    waiting = {rows.queued() for _ in range(30)}
    together = threading.Barrier(6)

    def claimer(number: int) -> list[str]:
        together.wait()
        taken: list[str] = []
        while found := rows.claim(owner=f"worker-{number}", room=2):
            assert len(found) <= 2
            taken += [job.id for job in found]
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [job_id for ids in pool.map(claimer, range(6)) for job_id in ids]

    # A claimer may leave early: what the others hold locked is skipped.
    taken += [job.id for job in rows.claim(room=30)]
    assert len(taken) == len(set(taken))
    assert set(taken) == waiting


# Running → running


def test_renewing_makes_a_lease_longer():
    lease = rows.running(lease_expires_at=clock.seconds_from_now(5))
    before = rows.read(lease.job_id).lease_expires_at
    assert before is not None

    renewed = _run(transitions.renew, "worker", [lease], lease_s=60)

    after = rows.read(lease.job_id).lease_expires_at
    assert renewed == {lease}
    assert after is not None
    assert (after - before).total_seconds() == pytest.approx(55, abs=2)


def _other_owner(lease: Lease) -> Lease:
    return replace(lease, owner="somebody")


def _older_token(lease: Lease) -> Lease:
    return replace(lease, token=lease.token - 1)


def _newer_token(lease: Lease) -> Lease:
    return replace(lease, token=lease.token + 1)


NOT_MINE = pytest.mark.parametrize("other", [_other_owner, _older_token, _newer_token])


@NOT_MINE
def test_a_lease_that_is_not_mine_is_not_renewed(other: Callable[[Lease], Lease]):
    lease = other(rows.running())

    assert _run(transitions.renew, lease.owner, [lease], lease_s=60) == set()


def test_of_many_leases_those_that_hold_are_renewed():
    held, lost = rows.running(), rows.running()
    rows.lease_ran_out(lost.job_id)
    _run(transitions.sweep)

    assert _run(transitions.renew, "worker", [held, lost], lease_s=60) == {held}


def test_no_leases_are_renewed_where_none_are_held():
    rows.running()

    assert _run(transitions.renew, "worker", [], lease_s=60) == set()


def test_a_job_over_its_time_is_not_renewed():
    lease = rows.running(started_at=clock.seconds_from_now(-100), timeout_s=99.0)

    assert _run(transitions.renew, "worker", [lease], lease_s=60) == set()


def test_a_lease_is_held_until_the_job_is_finished():
    lease = rows.running()

    assert _run(transitions.is_held, lease)
    _run(transitions.succeed, lease)
    assert not _run(transitions.is_held, lease)


def test_progress_is_written_by_the_holder_alone():
    lease = rows.running()

    assert _run(transitions.report_progress, lease, {"step": 3})
    assert not _run(transitions.report_progress, _older_token(lease), {"step": 9})
    assert rows.read(lease.job_id).progress == {"step": 3}


def test_a_new_attempt_begins_without_the_progress_of_the_old_one():
    lease = rows.running()
    _run(transitions.report_progress, lease, {"step": 3})
    _run(transitions.release, lease)

    (job,) = rows.claim()

    assert job.progress is None


def test_the_holder_learns_which_of_its_jobs_are_to_be_cancelled():
    asked, other = _asked_to_cancel(rows.running()), rows.running()

    assert _run(transitions.stops, [asked, other]).cancelled == {asked.job_id}
    assert _run(transitions.stops, []) == transitions.Stops(frozenset(), frozenset())


def test_the_holder_learns_which_of_its_jobs_nobody_waits_for_any_more():
    late = rows.running(deadline_at=clock.seconds_from_now(-1))
    other = rows.running(deadline_at=clock.seconds_from_now(60))

    assert _run(transitions.stops, [late, other]).late == {late.job_id}


def test_no_lease_is_longer_than_the_jobs_own_time():
    job_id = rows.queued(timeout_s=2.0)
    (job,) = rows.claim()
    lease = rows.lease_of(job)

    _run(transitions.renew, "worker", [lease], lease_s=60)

    left = (_utc(rows.read(job_id).lease_expires_at) - _utc(job.started_at)).total_seconds()
    assert left == pytest.approx(2.0, abs=0.01)


def _utc(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment.astimezone(UTC)


def test_a_claim_never_lasts_longer_than_its_lease():
    rows.queued(timeout_s=3600.0)
    (job,) = rows.claim()

    left = (_utc(job.lease_expires_at) - _utc(job.started_at)).total_seconds()

    assert left == pytest.approx(rows.LEASE_S, abs=0.01)


# Running → an end


def test_success_ends_the_job_with_its_report_and_frees_the_lease():
    lease = rows.running()

    assert _run(transitions.succeed, lease, report={"images": 1})

    job = rows.read(lease.job_id)
    assert (job.state, job.report, job.error_code) == ("succeeded", {"images": 1}, None)
    assert (job.lease_owner, job.lease_expires_at) == (None, None)
    assert job.finished_at is not None
    assert _tries(lease.job_id) == [(1, "succeeded", None)]


def test_failure_ends_the_job_with_its_code_and_sentence():
    lease = rows.running()

    assert _run(transitions.fail, lease, code="not_finite", detail="NaN came out")

    job = rows.read(lease.job_id)
    assert (job.state, job.error_code, job.error_detail) == (
        *("failed", "not_finite"),
        "NaN came out",
    )
    assert job.finished_at is not None
    assert _tries(lease.job_id) == [(1, "failed", "NaN came out")]


def test_success_clears_the_error_of_an_earlier_attempt():
    lease = rows.running()
    _run(transitions.retry, lease, code="storage", detail="disk full")
    rows.is_due_now(lease.job_id)
    (again,) = rows.claim()

    _run(transitions.succeed, rows.lease_of(again))

    job = rows.read(lease.job_id)
    assert (job.state, job.error_code, job.error_detail) == ("succeeded", None, None)
    assert _tries(job.id) == [(1, "retry", "disk full"), (2, "succeeded", None)]


def test_a_group_ends_together_each_as_it_should():
    good, bad, lost = rows.running(), rows.running(), rows.running()
    rows.lease_ran_out(lost.job_id)
    _run(transitions.sweep)
    outcomes = [
        Outcome(good, "succeeded", report={"n": 1}, results=[rows.result(good)]),
        Outcome(bad, "failed", code="gate", detail="ssim", results=[rows.result(bad)]),
        Outcome(lost, "succeeded", results=[rows.result(lost)]),
    ]

    assert _run(transitions.finish, outcomes) == {good, bad}

    ended = {lease.job_id: rows.read(lease.job_id) for lease in (good, bad, lost)}
    assert (ended[good.job_id].state, ended[good.job_id].report) == ("succeeded", {"n": 1})
    assert (ended[bad.job_id].state, ended[bad.job_id].error_code) == ("failed", "gate")
    assert (ended[bad.job_id].report, ended[good.job_id].error_code) == (None, None)
    assert ended[lost.job_id].state == "queued"
    with reading() as session:
        assert set(session.scalars(select(Result.job_id))) == {good.job_id, bad.job_id}
    assert _tries(good.job_id) == [(1, "succeeded", None)]
    assert _tries(bad.job_id) == [(1, "failed", "ssim")]


@pytest.mark.parametrize(
    "report",
    [
        None,
        {},
        {"a": None},
        {"scores": {"psnr_db": 31.25, "of": [1, 2.5, None, True, {"deep": []}]}},
        {"said": 'it\'s "so" \\ $.x :y %s', "shop": "Schöne 靴 👟", "lines": "a\nb"},
    ],
    ids=["none", "empty", "null", "nested", "quotes"],
)
def test_a_report_is_kept_as_it_was_made(report: dict[str, Any] | None):
    lease, beside = rows.running(), rows.running()

    outcomes = [
        Outcome(beside, "succeeded", report={"n": 1}),
        Outcome(lease, "succeeded", report=report),
    ]
    assert _run(transitions.finish, outcomes) == {lease, beside}

    assert rows.read(lease.job_id).report == report
    assert rows.read(beside.job_id).report == {"n": 1}
    with reading() as session:
        is_null = session.scalar(select(Job.report.is_(null())).where(Job.id == lease.job_id))
    assert is_null is (report is None)


@pytest.mark.parametrize(
    "detail",
    [
        "it's",
        'no "such" file',
        '{"error": [1]}',
        "null",
        "C:\\temp $.x :name %s",
        "größer als 1 – 靴",
        "a\nb",
        "",
    ],
)
def test_what_went_wrong_is_kept_letter_by_letter(detail: str):
    lease = rows.running()

    assert _run(transitions.fail, lease, code="unexpected", detail=detail)

    assert rows.read(lease.job_id).error_detail == detail
    assert _tries(lease.job_id) == [(1, "failed", detail)]


def test_of_two_attempts_at_one_job_in_a_group_only_the_holders_counts():
    # A process froze beyond its lease, claimed its own job again, and brings both outcomes at once.
    stale = rows.running()
    rows.lease_ran_out(stale.job_id)
    _run(transitions.sweep)
    (again,) = rows.claim(owner=stale.owner)
    holder = rows.lease_of(again)
    made = Outcome(holder, "succeeded", results=[rows.result(holder)])
    late = Outcome(stale, "failed", code="not_finite", detail="NaN")

    for group in ([made, late], [late, made]):
        held = _run(transitions.finish, group)
        assert held <= {holder}

    assert rows.read(stale.job_id).state == "succeeded"
    with reading() as session:
        assert [one.lease_token for one in session.scalars(select(Result))] == [holder.token]


def test_an_attempt_knows_how_it_ended_also_after_the_answer_was_lost():
    lease = rows.running()
    outcome = Outcome(lease, "succeeded")
    assert not _run(transitions.has_ended_so, outcome)

    _run(transitions.finish, [outcome])

    assert _run(transitions.finish, [outcome]) == set()
    assert _run(transitions.has_ended_so, outcome)
    assert not _run(transitions.has_ended_so, replace(outcome, state="failed"))
    assert not _run(transitions.has_ended_so, replace(outcome, lease=_older_token(lease)))


def test_a_cancel_that_came_too_late_is_answered_by_the_result():
    lease = _asked_to_cancel(rows.running())

    assert _run(transitions.succeed, lease)

    assert rows.read(lease.job_id).state == "succeeded"


def test_a_running_job_is_cancelled_by_its_worker_once_somebody_asked():
    lease = rows.running()

    assert not _run(transitions.cancel_running, lease)
    assert rows.read(lease.job_id).state == "running"
    assert _run(transitions.cancel_running, _asked_to_cancel(lease))
    assert rows.read(lease.job_id).state == "cancelled"
    assert _tries(lease.job_id) == [(1, "cancelled", None)]


# Running → queued


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 2), (3, 8), (9, 512), (10, 600), (40, 600)])
def test_a_retry_waits_longer_each_time_and_never_more_than_ten_minutes(attempt: int, seconds: int):
    lease = rows.running(attempt=attempt, max_attempts=100)
    with reading() as session:
        now = session.scalar(select(clock.now()))

    assert _run(transitions.retry, lease, code="storage", detail="disk full") == "queued"

    job = rows.read(lease.job_id)
    pause_s = (job.scheduled_at - now).total_seconds()
    assert 0.8 * seconds - 0.1 <= pause_s <= 1.2 * seconds + 2
    assert (job.attempt, job.crash_count, job.error_code) == (attempt, 0, "storage")
    assert rows.claim() == []


def test_the_pauses_of_many_retries_are_spread():
    leases = [rows.running() for _ in range(8)]

    for lease in leases:
        _run(transitions.retry, lease, code="storage", detail="disk full")

    assert len({rows.read(lease.job_id).scheduled_at for lease in leases}) > 1


def test_a_retry_with_its_attempts_spent_is_dead():
    lease = rows.running(attempt=3, max_attempts=3)

    assert _run(transitions.retry, lease, code="storage", detail="disk full") == "dead"

    job = rows.read(lease.job_id)
    assert (job.state, job.error_code) == ("dead", "storage")
    assert job.finished_at is not None


def test_a_released_job_is_due_now_as_if_it_had_not_been_tried():
    lease = rows.running()

    assert _run(transitions.release, lease) == "queued"

    job = rows.read(lease.job_id)
    assert (job.attempt, job.crash_count, job.solo) == (0, 0, False)
    assert len(rows.claim()) == 1


def test_a_release_never_ends_a_job_whatever_its_attempts():
    lease = rows.running(attempt=3, max_attempts=3)

    assert _run(transitions.release, lease) == "queued"


def test_a_crash_costs_no_attempt_but_is_counted():
    lease = rows.running()

    assert _run(transitions.crash, lease, detail="illegal access") == "queued"

    job = rows.read(lease.job_id)
    assert (job.attempt, job.crash_count, job.solo) == (0, 1, False)
    assert (job.error_code, job.error_detail) == ("worker_crashed", "illegal access")
    assert _tries(job.id) == [(1, "crash", "illegal access")]


def _crash(lease: Lease) -> None:
    _run(transitions.crash, lease, detail="illegal access")


def _lose_the_worker(lease: Lease) -> None:
    rows.lease_ran_out(lease.job_id)
    _run(transitions.sweep)


@pytest.mark.parametrize("fall", [_crash, _lose_the_worker])
def test_a_job_works_alone_from_its_second_crash_and_is_dead_at_its_fourth(
    fall: Callable[[Lease], None],
):
    job_id = rows.queued()
    seen = []
    for is_solo in (False, False, True, True):
        (job,) = rows.claim(solo=is_solo)
        fall(rows.lease_of(job))
        job = rows.read(job_id)
        seen.append((job.state, job.crash_count, job.solo))

    assert seen == [
        ("queued", 1, False),
        ("queued", 2, True),
        ("queued", 3, True),
        ("dead", 4, True),
    ]
    assert rows.read(job_id).finished_at is not None


# The sweeper


def test_a_lease_that_has_not_run_out_is_left_alone():
    lease = rows.running()

    assert _run(transitions.sweep) == []
    assert _run(transitions.is_held, lease)


def test_the_job_of_a_lost_worker_is_swept_without_costing_an_attempt():
    lease = rows.running()
    rows.lease_ran_out(lease.job_id)

    (swept,) = _run(transitions.sweep)

    job = rows.read(lease.job_id)
    assert swept.id == job.id
    assert (job.state, job.attempt, job.crash_count) == ("queued", 0, 1)
    assert (job.lease_token, job.error_code) == (2, "worker_lost")
    assert _tries(job.id) == [(1, "swept", "worker_lost")]


def test_a_swept_job_is_due_now():
    lease = rows.running()
    rows.lease_ran_out(lease.job_id)
    _run(transitions.sweep)

    (job,) = rows.claim(owner="another")

    assert (job.attempt, job.lease_token, job.lease_owner) == (1, 3, "another")


def test_a_job_over_its_time_keeps_its_attempt_and_counts_no_crash():
    lease = rows.running()
    rows.ran_over_its_time(lease.job_id)

    _run(transitions.sweep)

    job = rows.read(lease.job_id)
    assert (job.state, job.attempt, job.crash_count) == ("queued", 1, 0)
    assert (job.error_code, job.error_detail) == (
        "timeout",
        "the job ran longer than its timeout_s",
    )
    assert _tries(job.id) == [(1, "swept", "timeout")]


def test_a_job_over_its_time_is_dead_when_its_attempts_are_spent():
    lease = rows.running(attempt=3, max_attempts=3)
    rows.ran_over_its_time(lease.job_id)

    _run(transitions.sweep)

    assert rows.read(lease.job_id).state == "dead"


def test_a_lost_worker_never_spends_the_last_attempt():
    lease = rows.running(attempt=3, max_attempts=3)
    rows.lease_ran_out(lease.job_id)

    _run(transitions.sweep)

    job = rows.read(lease.job_id)
    assert (job.state, job.attempt) == ("queued", 2)


def test_one_sweep_finds_every_lost_job():
    lost = [rows.running() for _ in range(5)]
    for lease in lost:
        rows.lease_ran_out(lease.job_id)

    assert {job.id for job in _run(transitions.sweep)} == {lease.job_id for lease in lost}
    assert _run(transitions.sweep) == []


def test_a_queued_job_fails_when_its_deadline_passes():
    late = rows.queued(deadline_at=clock.seconds_from_now(-1))
    rows.queued(deadline_at=clock.seconds_from_now(60))
    rows.queued()

    (expired,) = _run(transitions.expire)

    job = rows.read(late)
    assert expired.id == late
    assert (job.state, job.error_code) == ("failed", "deadline")
    assert job.finished_at is not None


def test_a_running_job_is_not_ended_by_its_deadline():
    lease = rows.running(deadline_at=clock.seconds_from_now(-1))

    assert _run(transitions.expire) == []
    assert _run(transitions.is_held, lease)


# A cancel flag turns the way back into an end


def _retry(session: Session, lease: Lease) -> Any:
    return transitions.retry(session, lease, code="storage", detail="disk full")


def _crashing(session: Session, lease: Lease) -> Any:
    return transitions.crash(session, lease, detail="illegal access")


@pytest.mark.parametrize("way_back", [_retry, transitions.release, _crashing])
def test_what_would_go_back_in_line_is_cancelled_if_somebody_asked(
    way_back: Callable[[Session, Lease], Any],
):
    lease = _asked_to_cancel(rows.running())

    assert _run(way_back, lease) == "cancelled"

    job = rows.read(lease.job_id)
    assert (job.state, job.lease_owner) == ("cancelled", None)
    assert job.finished_at is not None


@pytest.mark.parametrize("passed", [rows.lease_ran_out, rows.ran_over_its_time])
def test_a_swept_job_is_cancelled_if_somebody_asked(passed: Callable[[str], None]):
    lease = _asked_to_cancel(rows.running())
    passed(lease.job_id)

    _run(transitions.sweep)

    assert rows.read(lease.job_id).state == "cancelled"
    assert _tries(lease.job_id)[0][1] == "swept"


def test_being_cancelled_comes_before_being_dead():
    lease = _asked_to_cancel(rows.running(attempt=3, max_attempts=3))

    assert _run(_retry, lease) == "cancelled"


# Cancel, by whoever asked for the job


def test_a_queued_job_is_cancelled_at_once():
    job_id = rows.queued()

    cancelled = _run(jobs.cancel, TENANT, job_id)

    assert (cancelled.state, rows.read(job_id).state) == ("cancelled", "cancelled")
    assert rows.read(job_id).finished_at is not None
    assert rows.claim() == []


def test_a_running_job_keeps_running_until_its_worker_hears_of_it():
    lease = rows.running()

    cancelled = _run(jobs.cancel, TENANT, lease.job_id)

    assert cancelled.state == "running"
    assert cancelled.cancel_requested_at is not None
    assert cancelled.finished_at is None
    assert _run(transitions.is_held, lease)


def test_asking_twice_keeps_the_first_moment():
    lease = _asked_to_cancel(rows.running())
    rows.change(lease.job_id, cancel_requested_at=clock.seconds_from_now(-100))
    first = rows.read(lease.job_id).cancel_requested_at

    _asked_to_cancel(lease)

    assert rows.read(lease.job_id).cancel_requested_at == first


def test_nobody_cancels_another_tenants_job():
    job_id = rows.queued()

    assert _run(jobs.cancel, "another", job_id) is None
    assert rows.read(job_id).state == "queued"


# What holds for all of them

FENCED = {
    "progress": lambda session, lease: transitions.report_progress(session, lease, {"step": 1}),
    "succeed": transitions.succeed,
    "fail": lambda session, lease: transitions.fail(session, lease, code="x", detail="y"),
    "cancel": transitions.cancel_running,
    "retry": _retry,
    "release": transitions.release,
    "crash": _crashing,
}
EACH_FENCED = pytest.mark.parametrize("arrow", FENCED.values(), ids=FENCED)


def _whole(job_id: str) -> dict[str, Any]:
    job = rows.read(job_id)
    return {column.key: getattr(job, column.key) for column in Job.__table__.columns}


@EACH_FENCED
@NOT_MINE
def test_who_does_not_hold_the_lease_changes_nothing(
    arrow: Callable[[Session, Lease], Any], other: Callable[[Lease], Lease]
):
    lease = _asked_to_cancel(rows.running())
    before, tries = _whole(lease.job_id), _tries(lease.job_id)

    assert not _run(arrow, other(lease))

    assert _whole(lease.job_id) == before
    assert _tries(lease.job_id) == tries


@EACH_FENCED
def test_a_worker_that_lost_its_lease_changes_nothing(arrow: Callable[[Session, Lease], Any]):
    slow = rows.running()
    rows.lease_ran_out(slow.job_id)
    _run(transitions.sweep)
    (fast,) = rows.claim(owner="worker")  # the same process may be the next owner
    _asked_to_cancel(slow)
    before = _whole(slow.job_id)

    assert not _run(arrow, slow)

    assert _whole(slow.job_id) == before
    assert _run(transitions.succeed, rows.lease_of(fast))


@EACH_FENCED
def test_a_swept_lease_is_worth_nothing_before_the_next_claim(
    arrow: Callable[[Session, Lease], Any],
):
    slow = rows.running()
    rows.lease_ran_out(slow.job_id)
    _run(transitions.sweep)
    before = _whole(slow.job_id)

    assert not _run(arrow, slow)

    assert _whole(slow.job_id) == before


@EACH_FENCED
def test_each_arrow_moves_the_revision_on(arrow: Callable[[Session, Lease], Any]):
    lease = _asked_to_cancel(rows.running())
    before = rows.read(lease.job_id).revision

    assert _run(arrow, lease)

    assert rows.read(lease.job_id).revision == before + 1


def test_claim_sweep_expire_and_cancel_move_the_revision_on_too():
    job_id = rows.queued()
    seen = [rows.read(job_id).revision]
    for step in (
        rows.claim,
        lambda: (rows.lease_ran_out(job_id), _run(transitions.sweep)),
        rows.claim,
        lambda: _run(jobs.cancel, TENANT, job_id),
    ):
        step()
        seen.append(rows.read(job_id).revision)
    late = rows.queued(deadline_at=clock.seconds_from_now(-1))
    _run(transitions.expire)

    assert seen == [1, 2, 3, 4, 5]
    assert rows.read(late).revision == 2


def _ended(state: str) -> Lease:
    lease = rows.running(attempt=3, max_attempts=3)
    ends: dict[str, Callable[[], Any]] = {
        "succeeded": lambda: _run(transitions.succeed, lease),
        "failed": lambda: _run(FENCED["fail"], lease),
        "cancelled": lambda: _run(transitions.cancel_running, _asked_to_cancel(lease)),
        "dead": lambda: _run(_retry, lease),
    }
    ends[state]()
    assert rows.read(lease.job_id).state == state
    return lease


@pytest.mark.parametrize("state", TERMINAL)
def test_a_terminal_state_never_changes(state: str):
    lease = _ended(state)
    before = _whole(lease.job_id)

    for arrow in FENCED.values():
        assert not _run(arrow, lease)
    assert _run(jobs.cancel, TENANT, lease.job_id) is None
    assert _run(transitions.renew, "worker", [lease], lease_s=60) == set()
    assert rows.claim(room=9) == rows.claim(room=9, solo=True) == []
    assert _run(transitions.sweep) == _run(transitions.expire) == []

    assert _whole(lease.job_id) == before


def _bad(**columns: Any) -> Any:
    return pytest.param(columns, id=" ".join(columns))


@pytest.mark.parametrize(
    "columns",
    [
        _bad(state="asleep"),
        _bad(finished_at=clock.now()),
        _bad(state="succeeded"),
        _bad(lease_owner="worker"),
        _bad(state="running"),
        _bad(cancel_requested_at=clock.now()),
    ],
)
def test_the_table_itself_refuses_a_row_that_cannot_be(columns: dict[str, Any]):
    job_id = rows.queued()

    with pytest.raises(IntegrityError):
        rows.change(job_id, **columns)


def test_a_transition_that_is_rolled_back_never_happened():
    lease = rows.running()

    def succeed_and_raise(session: Session) -> None:
        transitions.succeed(session, lease)
        raise KeyError

    with pytest.raises(KeyError):
        _run(succeed_and_raise)

    assert _run(transitions.is_held, lease)
    assert _tries(lease.job_id) == [(1, None, None)]


@pytest.fixture(autouse=True)
def _every_operation_is_known() -> Iterator[None]:
    yield
    assert "levitate" not in OPERATIONS
