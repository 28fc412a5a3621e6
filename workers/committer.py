"""Fenced group commits: a job's results and its state are one transaction, or nothing.

Hands bring their outcomes here and wait. While one group is being written the next one gathers; a
lone job waits for nobody, and many share the cost of a commit.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import exc
from sqlalchemy.orm import Session

from db import transitions
from db.blobs import Vanished
from db.engine import transaction
from db.fence import Lease
from db.quarantine import BLOCKED
from db.tables.jobs import FAILED, SUCCEEDED
from db.tables.results import Result
from db.tables.stages import Stage
from db.together import gather
from db.transitions import Outcome
from workers import queues
from workers.pace import Pace
from workers.patience import Written, patiently

MOST_IN_A_GROUP = 16

GATHERS_S = 0.2
"""The longest that an outcome waits for others, while there is company."""

_REFUSED = (exc.IntegrityError, exc.DataError)

Held = bool | Exception
"""Whether a lease held; or why its outcome cannot be written, for its own hand to decide."""

_log = structlog.get_logger(__name__)
_Waiting = tuple[Outcome, "Future[bool]"]


class Committer:
    """One thread that writes what hands have finished.

    Args:
        patience_s: how long an outcome is kept for a database that does not answer.
        company: how many outcomes it pays to wait for.
    """

    def __init__(self, *, patience_s: float, company: Callable[[], int] = lambda: 1) -> None:
        self._patience_s, self._company = patience_s, company
        self._pace = Pace()
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After what waits is written."""
        self._waiting.put(None)

    def succeed(
        self,
        lease: Lease,
        rows: Sequence[Result],
        report: dict[str, Any] | None,
        stages: Sequence[Stage] = (),
    ) -> bool:
        """Running → succeeded with its results. False: the lease was lost; nothing was written."""
        return self._commit(Outcome(lease, SUCCEEDED, report=report, results=rows, stages=stages))

    def fail_gate(
        self,
        lease: Lease,
        rows: Sequence[Result],
        missed: str,
        report: dict[str, Any] | None,
        stages: Sequence[Stage] = (),
    ) -> bool:
        """Running → failed `gate`; its results are kept for review, never published."""
        for row in rows:
            row.visibility = "held"
        failed = Outcome(lease, FAILED, code="gate", detail=missed, report=report)
        return self._commit(replace(failed, results=rows, stages=stages))

    def block(
        self,
        lease: Lease,
        rows: Sequence[Result],
        why: str,
        report: dict[str, Any] | None,
        stages: Sequence[Stage] = (),
    ) -> bool:
        """Running → failed `blocked_by_policy`; its results are kept as rows, and served to nobody.

        As what it failed for was found in one of them, none is published.
        """
        for row in rows:
            row.visibility = "quarantined"
        failed = Outcome(lease, FAILED, code=BLOCKED, detail=why, report=report)
        return self._commit(replace(failed, results=rows, stages=stages))

    def fail(self, lease: Lease, *, code: str, detail: str) -> bool:
        """Running → failed, for what no further attempt would mend."""
        return self._commit(Outcome(lease, FAILED, code=code, detail=detail))

    def retry(self, lease: Lease, *, code: str, detail: str) -> str | None:
        """Running → queued after a growing pause, or → dead; None: the lease was lost."""
        return self._alone(lambda s: transitions.retry(s, lease, code=code, detail=detail))

    def release(self, lease: Lease) -> str | None:
        """Running → queued, as if it had not been tried; None: the lease was lost."""
        return self._alone(lambda session: transitions.release(session, lease))

    def cancel(self, lease: Lease) -> bool:
        """Running → cancelled, as somebody asked."""
        return self._alone(lambda session: transitions.cancel_running(session, lease))

    def _alone(self, change: Callable[[Session], Written]) -> Written:
        def write() -> Written:
            with transaction() as session:
                return change(session)

        # Done twice it finds its lease gone, and changes nothing.
        written = patiently(write, patience_s=self._patience_s)
        queues.ring("hooks")
        return written

    def _commit(self, outcome: Outcome) -> bool:
        written: Future[bool] = Future()
        self._waiting.put((outcome, written))
        held = written.result()
        _say(outcome, held=held)
        return held

    def _run(self) -> None:
        while (group := self._gather()) is not None:
            try:
                held = commit([outcome for outcome, _ in group], patience_s=self._patience_s)
            except BaseException as error:  # noqa: BLE001 — each hand learns of it and decides
                for _, written in group:
                    written.set_exception(error)
                continue
            for outcome, written in group:
                _answer(written, held[outcome.lease])

    def _gather(self) -> list[_Waiting] | None:
        """What has come meanwhile; None when it is time to stop."""
        first = self._waiting.get()
        if first is None:
            return None
        enough = min(self._company(), MOST_IN_A_GROUP)
        gather(lambda: 1 + self._waiting.qsize(), enough, within_s=GATHERS_S)
        self._pace.wait()
        group = [first]
        while len(group) < MOST_IN_A_GROUP:
            try:
                another = self._waiting.get_nowait()
            except queue.Empty:
                break
            if another is None:
                self._waiting.put(None)
                break
            group.append(another)
        return group


def commit(outcomes: Sequence[Outcome], *, patience_s: float = 0.0) -> dict[Lease, Held]:
    """Write these ends of one owner's jobs; of each, whether its lease still held.

    Only the attempt that holds the lease may write: a slow worker that lost it changes nothing.

    Raises:
        sqlalchemy.exc.OperationalError: the database did not answer in time; what was not written
            is found by the sweeper.
    """
    ordered = sorted(outcomes, key=lambda outcome: outcome.lease.job_id)
    held = patiently(lambda: _write(ordered), patience_s=patience_s)
    queues.ring("hooks")
    return held


def _write(outcomes: Sequence[Outcome]) -> dict[Lease, Held]:
    """One transaction for all; if one of them is refused by the database, each by itself."""
    try:
        with transaction() as session:
            done = transitions.finish(session, outcomes)
            held: dict[Lease, Held] = {one.lease: one.lease in done for one in outcomes}
            _recognise(session, outcomes, held)
    except (*_REFUSED, Vanished):
        with transaction() as session:
            held = {outcome.lease: _write_alone(session, outcome) for outcome in outcomes}
            _recognise(session, outcomes, held)
    return held


def _recognise(session: Session, outcomes: Sequence[Outcome], held: dict[Lease, Held]) -> None:
    """A commit whose answer was lost is no refusal: this very attempt has ended so already."""
    for outcome in outcomes:
        if held[outcome.lease] is False:
            held[outcome.lease] = transitions.has_ended_so(session, outcome)


def _write_alone(session: Session, outcome: Outcome) -> Held:
    """Its results cannot be written: that is its own failure, and nobody else's."""
    try:
        with session.begin_nested():
            return bool(transitions.finish(session, [outcome]))
    except Vanished as error:
        return error  # somebody erased the same bytes meanwhile; another attempt puts them again
    except _REFUSED as error:
        said = str(error.orig)
        _log.error("a result was refused by the database", job_id=outcome.lease.job_id, error=said)
        detail = f"the database refused the result: {type(error).__name__}"
        refused = Outcome(outcome.lease, FAILED, code="commit_rejected", detail=detail)
    try:
        with session.begin_nested():
            return bool(transitions.finish(session, [refused]))
    except _REFUSED as error:
        return error


def _answer(written: "Future[bool]", held: Held) -> None:
    if isinstance(held, Exception):
        written.set_exception(held)
    else:
        written.set_result(held)


def _say(outcome: Outcome, *, held: bool) -> None:
    job = outcome.lease.job_id
    if held:
        _log.info("a job ended", job_id=job, state=outcome.state, code=outcome.code)
    else:
        _log.warning("a late outcome was refused", job_id=job, token=outcome.lease.token)
