"""A training job in its child process: dataset → run → version, with progress and resume.

The parent keeps lease and cancellation; the child (`python -m workers.run JOB OWNER TOKEN PARENT`)
may be killed at any moment and goes on from its checkpoint under the same job.
"""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy import select

from db import transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.order import Order
from db.operations.training import Train
from db.tables.jobs import QUEUED, Job
from workers import ranks, settings
from workers.failures import Cancelled, Draining, LeaseLost
from workers.leases import Leases
from workers.patience import patiently

OPERATIONS = ("train", "evaluate", "compress", "tune")
"""Those that run in the child."""

MARK_FILE = "advanced"
"""Beside checkpoints, where what has advanced need not leave one."""
EXIT_WRITTEN = 0
EXIT_STOPPED = 3
GRACE_S = 3.0
CLOSING_S = 30.0
"""For a child that is cancelled: to keep the best that it had come to."""
LOOK_EVERY_S = 0.2

_log = structlog.get_logger(__name__)


def supervise(job: Job, lease: Lease, leases: Leases) -> str:
    """Run the child until it has written its outcome, or put the job down as it deserves.

    Returns:
        The job's state, or `release` or `crash` where it waits again.

    Raises:
        Cancelled: somebody asked for it; the child has ended.
        Draining: this worker stops; the child has written its checkpoint and ended.
        LeaseLost: the job is another worker's; the child has ended.
    """
    folder = folder_of(job.id)
    before = _checkpointed(folder)
    child = _started(job, lease)
    try:
        while child.poll() is None:
            _may_go_on(lease, leases)
    except LeaseLost:
        # A child that has just committed holds no lease any more: it ends by itself, and well.
        if _ends_well(child):
            return _state(job)
        _end(child)
        raise
    except Draining:
        _end(child)
        raise
    except Cancelled:
        _end(child, within_s=CLOSING_S)
        raise
    if child.returncode == EXIT_WRITTEN:
        return _state(job)
    return _put_down(lease, child.returncode, has_advanced=_checkpointed(folder) > before)


def _state(job: Job) -> str:
    """As the child has written it; what was not a last attempt waits again."""
    with reading() as session:
        state = session.scalar(select(Job.state).where(Job.id == job.id))
    return "retry" if state in (None, QUEUED) else state


def _started(job: Job, lease: Lease) -> "subprocess.Popen[bytes]":
    operation = Order.model_validate_json(job.request).operation
    processes = operation.processes if isinstance(operation, Train) else 1
    asked = ["workers.run", job.id, lease.owner, str(lease.token)]
    if processes == 1:
        alone = [sys.executable, "-m", *asked, str(os.getpid())]
        return subprocess.Popen(alone)  # noqa: S603 — our own program and a row's own numbers
    several = ranks.command(processes, [*asked, ranks.STARTER])
    return subprocess.Popen(several, env=settings.environment_of_ranks(processes))  # noqa: S603 — the same


def forget(job_id: str) -> None:
    """Remove a job's checkpoints when it has ended for good."""
    shutil.rmtree(folder_of(job_id), ignore_errors=True)


def _may_go_on(lease: Lease, leases: Leases) -> None:
    leases.check(lease)
    if leases.draining.wait(LOOK_EVERY_S):
        raise Draining(lease.job_id)


def folder_of(job_id: str) -> Path:
    """Where a training job keeps its checkpoints; the same for every attempt."""
    return settings.get().runs_folder() / job_id


def _put_down(lease: Lease, code: int, *, has_advanced: bool) -> str:
    """A child that got further than before may go on; one that did not is a crash."""
    _log.warning(
        "a training run ended early", job_id=lease.job_id, code=code, advanced=has_advanced
    )

    how = "release" if has_advanced or code == EXIT_STOPPED else "crash"

    def write() -> str | None:
        with transaction() as session:
            if how == "release":
                return transitions.release(session, lease)
            detail = f"the training process ended with {code}"
            return transitions.crash(session, lease, detail=detail)

    state = patiently(write, patience_s=settings.get().lease_s)
    return how if state == QUEUED else state or "lost"


def _checkpointed(folder: Path) -> float:
    """When the newest checkpoint or mark was written; 0 before the first."""
    found = (path for name in ("checkpoint.safetensors", MARK_FILE) for path in folder.rglob(name))
    return max((path.stat().st_mtime for path in found), default=0.0)


def _ends_well(child: "subprocess.Popen[bytes]") -> bool:
    with suppress(subprocess.TimeoutExpired):
        return child.wait(GRACE_S) == EXIT_WRITTEN
    return False


def _end(child: "subprocess.Popen[bytes]", *, within_s: float = GRACE_S) -> None:
    child.terminate()
    with suppress(subprocess.TimeoutExpired):
        child.wait(within_s)
    child.kill()
    child.wait()
