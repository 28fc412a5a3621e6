"""One job from its row to its result, top to bottom. Knows nothing of Celery."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from db import tracing
from db.fence import Lease
from db.operations.order import Order
from db.operations.scoring import Score
from db.operations.verifying import Verify
from db.tables.jobs import CANCELLED, FAILED, QUEUED, SUCCEEDED, Job
from db.tables.results import Result
from db.tables.stages import Stage
from models.images import Loaded
from models.made import Made
from workers import judging, metrics, sources, stages, training
from workers.agreement import Drawn, agreed, classifier_for
from workers.apply import apply
from workers.committer import Committer
from workers.deliver import Proven, keep, prove
from workers.edit import Given
from workers.failures import Cancelled, Draining, LeaseLost, judge
from workers.index import Index
from workers.leases import Leases
from workers.moderation import Judge, Moderation, serving_classifier
from workers.scores import Scores, missed
from workers.scoring import Compared, score
from workers.seats import Seats
from workers.shelves import Shelves
from workers.sources import File, Read
from workers.stopwatch import Stopwatch
from workers.verifying import findings
from workers.warm import Warm

LOST: Final = "lost"
"""Its lease is another's: whoever has it says how it ended."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every hand of this process works with."""

    leases: Leases
    warm: Warm
    committer: Committer
    seats: Seats
    moderation: Moderation = field(default_factory=Moderation)


def perform(job: Job, bench: Bench) -> None:
    """Do a claimed job and write its outcome; whatever happens, nothing is raised."""
    lease = Lease(job.id, job.lease_owner or "", job.lease_token)
    began = time.monotonic()
    try:
        how = _traced(job, lease, bench)
    finally:
        bench.leases.let_go(lease)
    metrics.ended(job.op, how, time.monotonic() - began)


def _traced(job: Job, lease: Lease, bench: Bench) -> str:
    """As a part of the trace in which the job was asked for."""
    told = {"job_id": job.id, "tenant": job.tenant, "op": job.op}
    with tracing.continued(job.traceparent), tracing.span("job", **told, attempt=job.attempt):
        tracing.past("queue", max(job.scheduled_at, job.created_at), job.started_at)
        how = _tried(job, lease, bench)
        tracing.note(outcome=how)
    return how


def _tried(job: Job, lease: Lease, bench: Bench) -> str:
    """How it ended, as a job's state; or why it was put back: retry, release, lost."""
    try:
        if job.op in training.OPERATIONS:
            return training.supervise(job, lease, bench.leases)
        return _make(job, lease, bench)
    except LeaseLost:
        _log.warning("a lost job was put down", job_id=job.id)
        return LOST
    except Draining:
        return _put_back(bench.committer.release(lease), "release")
    except Cancelled:
        is_mine = bench.committer.cancel(lease)
        training.forget(job.id)
        return CANCELLED if is_mine else LOST
    except Exception as error:  # noqa: BLE001 — every outcome is a transition in the table
        return _put_down(lease, error, bench.committer)


def _make(job: Job, lease: Lease, bench: Bench) -> str:
    watch = Stopwatch({"queue": _waited_ms(job)})
    done = _made(job, lease, bench, watch)
    with watch.stage("commit"):
        how = _end(lease, bench, done)
    metrics.phased(watch.ms)
    return how


def _made(job: Job, lease: Lease, bench: Bench, watch: Stopwatch) -> "_Done":
    order = Order.model_validate_json(job.request)
    proven: list[Proven] = []
    with watch.stage("decode"):
        files = sources.fetch(job.tenant, order)
    if isinstance(order.operation, Verify):
        with bench.seats.taken(pixels=job.pixels):
            report = findings(job.tenant, files["picture"])
        return _Done([], missed(Scores(), order.limits()), report)
    with bench.seats.taken(pixels=job.pixels):
        with bench.warm.visit():
            with watch.stage("decode"):
                read = sources.read(files)
            bench.leases.check(lease)
            given = _given(job, order, read, files, lease, bench)
            with watch.stage("moderate"):
                judged = judging.inputs(job, order, read, given.policy)
            with watch.stage("device"):
                made = apply(order.operation, given)
        bench.leases.check(lease)
        if isinstance(order.operation, Score):
            failed, report = _measured(order, made, read)
        elif order.operation.outcome == "report":
            failed, report = missed(Scores(), order.limits()), _told(made)
        else:
            proven, failed = prove(job, order, made, read, watch)
            with watch.stage("moderate"):
                judged = judging.outputs(judged, made, proven, job.op)
            told = {**made.report, **proven[-1].report}
            report = {name: value for name, value in told.items() if value is not None}
            if isinstance(order.operation, Drawn):
                with watch.stage("score"):
                    proven, agreement = _agreed(lease, order.operation, made, proven, given, bench)
                report |= agreement
            report |= judged.report()
        shown = stages.of(order, made, read, proven) if order.explain else []
    rows = keep(job, order, made, read, proven, watch) if proven else []
    judged.mark(rows)
    kept = stages.keep(job, order, made, read, shown, rows)
    return _Done(rows, failed, report, kept, judged.blocked)


def _given(
    job: Job, order: Order, read: Read, files: Mapping[str, File], lease: Lease, bench: Bench
) -> Given:
    def may_go_on() -> None:
        bench.leases.check(lease)

    return Given(
        read.pictures,
        read.masks,
        bench.warm.networks(job.versions or {}, may_go_on=may_go_on),
        job.seed,
        Shelves(job, may_go_on=may_go_on),
        files,
        keeps_stages=order.explain,
        vectors=Index(job),
        judge=_judge(job, bench, may_go_on),
        tenant=job.tenant,
    )


def _agreed(
    lease: Lease, operation: Drawn, made: Made, proven: list[Proven], given: Given, bench: Bench
) -> tuple[list[Proven], dict[str, Any]]:
    """What was drawn, with what the classifier that knows its categories says of each file."""
    drawn_by = given.networks(next(iter(operation.needs())))
    with bench.warm.visit():
        classifier = classifier_for(
            given.tenant, drawn_by, bench.warm, may_go_on=lambda: bench.leases.check(lease)
        )
        return agreed(made, proven, drawn_by=drawn_by, classifier=classifier)


def _judge(job: Job, bench: Bench, may_go_on: Callable[[], None]) -> Judge:
    """With the network that measures how familiar a picture is, where the policy asks."""
    judge = bench.moderation.judge(job.tenant, job.channel)
    fixed = (job.versions or {}).get("classifier")
    chosen = fixed or (serving_classifier(job.tenant) if judge.measures else None)
    if chosen is None:
        return judge
    return judge.by(bench.warm.networks({"classifier": chosen}, may_go_on=may_go_on))


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a job: rows that are yet to be written, and the gates that were missed.

    Attributes:
        blocked: why the policy lets none of it through; empty where it does.
    """

    rows: list[Result]
    missed: list[str]
    report: dict[str, Any]
    stages: Sequence[Stage] = ()
    blocked: str = ""


def _end(lease: Lease, bench: Bench, done: _Done) -> str:
    committer, told = bench.committer, "; ".join(done.missed)
    if done.blocked:
        held = committer.block(lease, done.rows, done.blocked, done.report, done.stages)
        return FAILED if held else LOST
    if done.missed:
        held = committer.fail_gate(lease, done.rows, told, done.report, done.stages)
        return FAILED if held else LOST
    return SUCCEEDED if committer.succeed(lease, done.rows, done.report, done.stages) else LOST


def _measured(order: Order, made: Made, read: Read) -> tuple[list[str], dict[str, Any]]:
    """The gates that were missed, and the report of an operation that delivers no picture."""
    scores = score(
        order.operation,
        made,
        Loaded(made.images[0], None),
        Compared(mask=read.masks.get("mask")),
    )
    report = {"scores": scores.stored(), "identical": scores.identical}
    return missed(scores, order.limits()), report


def _told(made: Made) -> dict[str, Any]:
    """The report of an operation that ends in one: its plain values, then what JSON alone holds."""
    return {**made.report, **{name: one for told in made.details for name, one in told.items()}}


def _waited_ms(job: Job) -> float:
    if job.started_at is None:
        return 0.0
    return max(0.0, (job.started_at - max(job.scheduled_at, job.created_at)).total_seconds() * 1000)


def _put_down(lease: Lease, error: Exception, committer: Committer) -> str:
    judgement = judge(error)
    if judgement.permanent:
        held = committer.fail(lease, code=judgement.code, detail=judgement.detail)
        return FAILED if held else LOST
    _log.warning("an attempt failed", job_id=lease.job_id, code=judgement.code, exc_info=error)
    if judgement.is_ours:
        return _put_back(committer.release(lease), "release")
    state = committer.retry(lease, code=judgement.code, detail=judgement.detail)
    return _put_back(state, "retry")


def _put_back(state: str | None, why: str) -> str:
    """Why it waits again; or its state, where it was too late for that; or that it was lost."""
    return why if state == QUEUED else state or LOST
