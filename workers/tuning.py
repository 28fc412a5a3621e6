"""A search for settings in a job's child: trial after trial, the best one as a candidate.

All that decides the next trial is in rows: a child that is killed goes on with the trial that it
was at, from that trial's own checkpoint.
"""

import shutil
import signal
from collections import Counter
from dataclasses import replace
from typing import Any, Final, cast

import structlog

from db import trials
from db.engine import reading
from db.fence import Lease
from db.operations.tuning import BY_LOG, RANGES, WHOLE, Tune
from db.tables.jobs import Job
from db.tables.trials import Trial
from models.training import searching
from models.training.searching import Between, OneOf, Space, State, Told
from models.training.watch import TrainingError, Watch
from workers import candidacy, ground, learning
from workers.course import Course, Tuning, measure_of
from workers.failures import Permanent
from workers.training import MARK_FILE, folder_of

FAULTS: Final = ("loss_not_finite", "mode_collapse", "score_not_finite")
"""Of settings: a trial that ends so has failed, and the search goes on."""

_log = structlog.get_logger(__name__)


def do(job: Job, operation: Tune, lease: Lease) -> bool:
    """Trials → the best one → version; False if it was asked to stop before its end."""
    own, size = ground.device_of(lease), operation.image_size
    on = ground.find(job, operation, lease, own=own, network=operation.network, image_size=size)
    tuning = Tuning(job, operation, lease, on)
    signal.signal(signal.SIGTERM, lambda *_: setattr(tuning, "asked_to_stop", True))
    rows = _rows(job)
    while _goes_on(operation, rows):
        if not _next(tuning, rows):
            return False
        rows = _rows(job)
    return _finished(tuning, rows)


def _next(tuning: Tuning, rows: list[Trial]) -> bool:
    """One trial more, or the rest of the one that was under way; False if it was stopped."""
    over = [row for row in rows if row.state != "running"]
    begun = next((row for row in rows if row.state == "running"), None)
    number = len(over) + 1
    trying = searching.following(
        space_of(tuning.operation),
        [_told(row) for row in over],
        seed=tuning.job.seed,
        given=None if begun is None else begun.parameters,
    )
    course = Course(tuning, number, trying, 0.0 if begun is None else begun.seconds)
    for place, score in enumerate([] if begun is None else begun.scores, start=1):
        course.scores[place] = score
        course.is_behind |= trying.is_behind(place, score)
    course.write("running")
    return _tried(course)


def _tried(course: Course) -> bool:
    tuning, number = course.tuning, course.number
    try:
        trained = tuning.trained(number, course.trying.parameters, course.watch())
    except TrainingError as error:
        if error.code not in FAULTS:
            raise
        _log.warning("a trial failed", job_id=tuning.job.id, trial=number, code=error.code)
        course.write("failed", error=str(error))
    else:
        if trained.stopped and not course.is_behind:
            return False
        for epoch in trained.epochs:  # also those that an earlier attempt had no time to tell
            course.scores[epoch.number] = cast(float, epoch.decisive)
            course.measure = measure_of(epoch)
        course.write("pruned" if trained.stopped else "complete")
    _tidy(tuning)
    return not tuning.asked_to_stop


def _tidy(tuning: Tuning) -> None:
    """Of all trials only the best one's folder stays; a mark says that the job has advanced."""
    rows = _rows(tuning.job)
    place = searching.best(_told(row) for row in rows if row.state != "running")
    for row in rows:
        if place is None or row.number != place + 1:
            shutil.rmtree(tuning.folder(row.number), ignore_errors=True)
    (folder_of(tuning.job.id) / MARK_FILE).touch()


def _finished(tuning: Tuning, rows: list[Trial]) -> bool:
    place = searching.best(_told(row) for row in rows)
    if place is None:
        why = "; ".join(dict.fromkeys(row.error or row.state for row in rows))
        raise Permanent("no_trial_complete", f"none of {len(rows)} trials came to its end: {why}")
    best = rows[place]
    watch = Watch(should_stop=lambda: tuning.asked_to_stop)
    trained = tuning.trained(best.number, best.parameters, watch)
    if trained.stopped:
        return False
    told = {
        "trial": best.number,
        "parameters": best.parameters,
        "measure": best.measure,
        "value": best.value,
        "trials": dict(Counter(row.state for row in rows)),
    }
    asked = tuning.operation.training(best.parameters)
    found = learning.measured(tuning.job, asked, trained, tuning.on)
    made = learning.candidate(asked, trained, found, tuning.on)
    name = tuning.operation.label or f"{made.name}-tuned"
    card = replace(made.card, recipe={**made.card.recipe, "tuned": told})
    report = {**made.report, "tuned": told}
    candidacy.commit(tuning.job, tuning.lease, replace(made, name=name, card=card, report=report))
    return True


def space_of(operation: Tune) -> Space:
    """What is searched, as the search takes it."""
    return {name: _searched(name, values) for name, values in operation.space().items()}


def _searched(name: str, values: tuple[Any, ...]) -> Between | OneOf:
    if name in RANGES:
        low, high = values
        return Between(low, high, by_log=name in BY_LOG, is_whole=name in WHOLE)
    return OneOf(tuple(int(value) if name in WHOLE else value for value in values))


def _goes_on(operation: Tune, rows: list[Trial]) -> bool:
    """Whether a trial is under way, or there is time and number for one more."""
    if any(row.state == "running" for row in rows):
        return True
    spent_s = sum(row.seconds for row in rows)
    has_time = operation.minutes is None or spent_s < 60 * operation.minutes
    return len(rows) < operation.trials and (has_time or not rows)


def _rows(job: Job) -> list[Trial]:
    with reading() as session:
        return list(trials.of(session, job.id))


def _told(row: Trial) -> Told:
    return Told(row.parameters, cast(State, row.state), row.value, tuple(row.scores))
