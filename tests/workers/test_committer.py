"""Group commits: many hands, one transaction, and nobody's failure is a neighbour's."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db import transitions
from db.blobs import Vanished
from db.engine import reading, transaction
from db.fence import Lease
from db.tables.results import Result
from db.transitions import Outcome
from tests import rows
from workers import committer as committer_module
from workers.committer import Committer, commit

pytestmark = pytest.mark.usefixtures("home")

_AWAY = OperationalError("COMMIT", {}, Exception("server closed the connection"))


@pytest.fixture
def committer(home: object) -> Iterator[Committer]:
    made = Committer(patience_s=20)
    made.start()
    yield made
    made.stop()
    made._thread.join(5)


def _running(count: int) -> list[Lease]:
    rows.many(count)
    return [rows.lease_of(job) for job in rows.claim(room=count)]


def _states(leases: list[Lease]) -> list[str]:
    return [rows.read(lease.job_id).state for lease in leases]


def _results() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Result)) or 0


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about in ten seconds")


def test_an_outcome_is_written_when_its_hand_goes_on(committer: Committer):
    (lease,) = _running(1)

    assert committer.succeed(lease, [rows.result(lease)], {"images": 1})

    job = rows.read(lease.job_id)
    assert (job.state, job.report, _results()) == ("succeeded", {"images": 1}, 1)


def test_what_many_hands_bring_while_one_group_is_written_goes_together(
    committer: Committer, monkeypatch: pytest.MonkeyPatch
):
    leases = _running(20)
    groups: list[int] = []
    write, go = committer_module._write, threading.Event()

    def slowly(outcomes: list[Outcome]) -> Any:
        groups.append(len(outcomes))
        go.wait(10)
        return write(outcomes)

    monkeypatch.setattr(committer_module, "_write", slowly)
    with ThreadPoolExecutor(20) as hands:
        futures = [hands.submit(committer.succeed, leases[0], [rows.result(leases[0])], None)]
        _until(lambda: groups == [1])
        futures += [hands.submit(committer.succeed, x, [rows.result(x)], None) for x in leases[1:]]
        _until(lambda: committer._waiting.qsize() == 19)
        go.set()
        assert all(future.result() for future in futures)

    assert groups == [1, 16, 3]
    assert _states(leases) == ["succeeded"] * 20
    assert _results() == 20


def test_where_there_is_company_ends_are_written_together(monkeypatch: pytest.MonkeyPatch):
    groups: list[int] = []

    def noting(outcomes: list[Outcome], **how: float) -> object:
        groups.append(len(outcomes))
        return commit(outcomes, **how)

    monkeypatch.setattr(committer_module, "commit", noting)
    monkeypatch.setattr(committer_module, "GATHERS_S", 10.0)
    committer = Committer(patience_s=1, company=lambda: 4)
    committer.start()
    leases = _running(4)

    def late(place: int) -> bool:
        time.sleep(0.02 * place)
        return committer.succeed(leases[place], [], None)

    with ThreadPoolExecutor(4) as hands:
        assert list(hands.map(late, range(4))) == [True] * 4
    committer.stop()

    assert groups == [4]
    assert _states(leases) == ["succeeded"] * 4


def test_company_that_does_not_come_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(committer_module, "GATHERS_S", 0.01)
    committer = Committer(patience_s=1, company=lambda: 16)
    committer.start()
    (lease,) = _running(1)

    assert committer.succeed(lease, [], None)

    committer.stop()


def test_who_lost_the_lease_writes_nothing_and_the_neighbours_do(committer: Committer):
    lost, kept = _running(2)
    rows.lease_ran_out(lost.job_id)
    with transaction() as session:
        transitions.sweep(session)

    with ThreadPoolExecutor(2) as hands:
        futures = [hands.submit(committer.succeed, x, [rows.result(x)], None) for x in (lost, kept)]
        held = [future.result() for future in futures]

    assert held == [False, True]
    assert _states([lost, kept]) == ["queued", "succeeded"]
    assert _results() == 1


def test_a_result_that_the_database_refuses_fails_its_own_job_alone():
    good, bad, other = _running(3)
    twice = [rows.result(bad), rows.result(bad)]  # the same ordinal

    held = commit(
        [
            Outcome(good, "succeeded", results=[rows.result(good)]),
            Outcome(bad, "succeeded", results=twice),
            Outcome(other, "succeeded", results=[rows.result(other)]),
        ]
    )

    assert held == {good: True, bad: True, other: True}
    assert _states([good, bad, other]) == ["succeeded", "failed", "succeeded"]
    assert rows.read(bad.job_id).error_code == "commit_rejected"
    assert _results() == 2


def test_a_result_whose_bytes_were_erased_meanwhile_is_its_own_hands_matter(
    committer: Committer,
):
    gone, good = _running(2)
    nowhere = rows.result(gone, blob_key="e" * 64, sha256="e" * 64)
    with ThreadPoolExecutor(2) as hands:
        lost = hands.submit(committer.succeed, gone, [nowhere], None)
        kept = hands.submit(committer.succeed, good, [rows.result(good)], None)

        with pytest.raises(Vanished):
            lost.result()
        assert kept.result()

    assert _states([gone, good]) == ["running", "succeeded"]


def test_a_commit_whose_answer_was_lost_counts_once(monkeypatch: pytest.MonkeyPatch):
    (lease,) = _running(1)
    tries: list[int] = []

    @contextmanager
    def losing_the_first_answer() -> Iterator[Session]:
        tries.append(1)
        with transaction() as session:
            yield session
        if len(tries) == 1:
            raise _AWAY

    monkeypatch.setattr(committer_module, "transaction", losing_the_first_answer)

    held = commit([Outcome(lease, "succeeded", results=[rows.result(lease)])], patience_s=5)

    assert held == {lease: True}
    assert (len(tries), _results()) == (2, 1)


def test_a_commit_that_was_rolled_back_is_written_whole_the_second_time(
    monkeypatch: pytest.MonkeyPatch,
):
    (lease,) = _running(1)
    tries: list[int] = []

    @contextmanager
    def losing_the_first_commit() -> Iterator[Session]:
        tries.append(1)
        with transaction() as session:
            yield session
            if len(tries) == 1:
                raise _AWAY

    monkeypatch.setattr(committer_module, "transaction", losing_the_first_commit)

    held = commit([Outcome(lease, "succeeded", results=[rows.result(lease)])], patience_s=5)

    assert held == {lease: True}
    with reading() as session:
        assert session.scalars(select(Result)).one().created_at is not None


def test_an_outcome_waits_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch):
    (lease,) = _running(1)
    finish, tries = transitions.finish, []

    def away_at_first(*given: Any) -> set[Lease]:
        tries.append(1)
        if len(tries) < 4:
            raise _AWAY
        return finish(*given)

    monkeypatch.setattr(transitions, "finish", away_at_first)

    commit([Outcome(lease, "succeeded", results=[rows.result(lease)])], patience_s=20)

    assert _states([lease]) == ["succeeded"]


def test_a_database_that_stays_away_is_told_to_the_hand_and_the_next_group_is_tried(
    monkeypatch: pytest.MonkeyPatch,
):
    first, second = _running(2)
    finish = transitions.finish
    committer = Committer(patience_s=0)
    committer.start()

    def away(*_given: Any) -> set[Lease]:
        raise _AWAY

    monkeypatch.setattr(transitions, "finish", away)
    with pytest.raises(OperationalError):
        committer.succeed(first, [], None)
    monkeypatch.setattr(transitions, "finish", finish)

    assert committer.succeed(second, [], None)
    committer.stop()


def test_what_waits_is_written_before_it_stops():
    leases = _running(5)
    committer = Committer(patience_s=1)
    with ThreadPoolExecutor(5) as hands:
        futures = [hands.submit(committer.succeed, lease, [], None) for lease in leases]
        _until(lambda: committer._waiting.qsize() == 5)
        committer.stop()
        committer.start()
        assert all(future.result(10) for future in futures)

    committer._thread.join(5)
    assert not committer._thread.is_alive()
    assert _states(leases) == ["succeeded"] * 5


def test_a_database_that_does_not_answer_costs_a_job_no_attempt(committer: Committer):
    (lease,) = _running(1)

    assert committer.release(lease) == "queued"

    assert rows.read(lease.job_id).attempt == 0
