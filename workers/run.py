"""The child of a job that learns or judges: `python -m workers.run JOB OWNER TOKEN PARENT`.

It commits its own outcome, and ends with its parent.
"""

import os
import signal
import sys

import structlog
from structlog.contextvars import bind_contextvars

from db import logs, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.compressing import Compress
from db.operations.order import Order
from db.operations.training import Evaluate, Train
from db.operations.tuning import Tune
from db.operations.union import AnyOperation
from db.tables.jobs import Job
from workers import compressing, evaluating, learning, lines, ranks, settings, tether, tuning
from workers.failures import judge
from workers.patience import patiently
from workers.training import EXIT_STOPPED, EXIT_WRITTEN, forget

_log = structlog.get_logger(__name__)


def main(job_id: str, owner: str, token: int) -> int:
    lease = Lease(job_id, owner, token)
    with reading() as session:
        job = session.get_one(Job, job_id)
    bind_contextvars(**lines.named(job))
    operation = Order.model_validate_json(job.request).operation
    if ranks.is_follower():
        return _follow(job, operation, lease)
    try:
        is_done = _do(job, operation, lease)
    except Exception as error:  # noqa: BLE001 — every outcome is a transition in the table
        _put_down(lease, error)
        return EXIT_WRITTEN
    if not is_done:
        return EXIT_STOPPED
    forget(job_id)
    return EXIT_WRITTEN


def _do(job: Job, operation: AnyOperation, lease: Lease) -> bool:
    """False if it was asked to stop before its end."""
    match operation:
        case Train():
            return learning.do(job, operation, lease)
        case Evaluate():
            evaluating.do(job, operation, lease)
            return True
        case Compress():
            return compressing.do(job, operation, lease)
        case Tune():
            return tuning.do(job, operation, lease)
        case _:
            raise TypeError(f"{operation.op} is done by a hand")


def _follow(job: Job, operation: AnyOperation, lease: Lease) -> int:
    """How it went is the first process's to say, which hears of it when this one ends."""
    try:
        if isinstance(operation, Train):
            learning.follow(job, operation, lease)
    except Exception as error:  # noqa: BLE001 — as above
        _log.warning("a process of a training ended early", job_id=job.id, exc_info=error)
    return EXIT_WRITTEN


def _put_down(lease: Lease, error: Exception) -> None:
    judgement = judge(error)
    _log.warning("a run failed", job_id=lease.job_id, code=judgement.code, exc_info=error)

    def write() -> None:
        with transaction() as session:
            if judgement.permanent:
                transitions.fail(session, lease, code=judgement.code, detail=judgement.detail)
            elif judgement.is_ours:
                transitions.release(session, lease)
            else:
                transitions.retry(session, lease, code=judgement.code, detail=judgement.detail)

    # As long as the parent's lease would hold: hours of training wait for a database.
    patiently(write, patience_s=settings.get().lease_s)
    if judgement.permanent:
        forget(lease.job_id)


if __name__ == "__main__":
    logs.configure("training")
    # When its worker is killed: nobody trains for nobody.
    tether.end_with(int(sys.argv[4]) or os.getppid(), signal.SIGKILL)
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
