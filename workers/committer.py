"""Fenced commits: a job's results and its state are one transaction, or nothing."""

from collections.abc import Sequence
from typing import Any

import structlog

from db import results, transitions
from db.engine import transaction
from db.tables.results import Result
from db.transitions import Lease

_log = structlog.get_logger(__name__)


def succeed(lease: Lease, rows: Sequence[Result], *, report: dict[str, Any] | None) -> bool:
    """Running → succeeded with its results. False: the lease was lost and nothing was written."""
    with transaction() as session:
        held = transitions.succeed(session, lease, report=report)
        if held:
            results.add(session, rows)
    return _said(lease, held, "succeeded")


def fail_gate(
    lease: Lease, rows: Sequence[Result], *, missed: str, report: dict[str, Any] | None
) -> bool:
    """Running → failed `gate`; its results are kept for review, never published."""
    for row in rows:
        row.visibility = "held"
    with transaction() as session:
        held = transitions.fail(session, lease, code="gate", detail=missed, report=report)
        if held:
            results.add(session, rows)
    return _said(lease, held, "failed its gates")


def fail(lease: Lease, *, code: str, detail: str) -> bool:
    """Running → failed, for what no further attempt would mend."""
    with transaction() as session:
        held = transitions.fail(session, lease, code=code, detail=detail)
    return _said(lease, held, "failed", code=code, detail=detail)


def _said(lease: Lease, held: bool, outcome: str, **fields: str) -> bool:  # noqa: FBT001
    if held:
        _log.info(f"job {outcome}", job=lease.job_id, **fields)
    else:
        # Only the attempt that holds the lease may write: a slow worker changes nothing.
        _log.warning("a late outcome was refused", job=lease.job_id, token=lease.token)
    return held
