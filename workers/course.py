"""A search under way, and the trial that it is at: rows, progress, and when to end it."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db import transitions, trials
from db.engine import transaction
from db.fence import Lease
from db.operations.tuning import Tune
from db.tables.jobs import Job
from models.training import run
from models.training.ending import validation
from models.training.searching import State, Trying
from models.training.watch import Epoch, Trained, TrainingError, Watch
from workers import candidacy
from workers.ground import Ground
from workers.recipes import config_of
from workers.training import folder_of

TELL_EVERY_S = 1.0


@dataclass(slots=True)
class Tuning:
    """A search under way; writes rows and progress, and hears when to stop."""

    job: Job
    operation: Tune
    lease: Lease
    on: Ground
    asked_to_stop: bool = False
    told_at: float = field(default_factory=time.monotonic)

    def folder(self, number: int) -> Path:
        return folder_of(self.job.id) / f"trial-{number:03}"

    def trained(self, number: int, parameters: Mapping[str, Any], watch: Watch) -> Trained:
        """The training that a trial is; where it was done before, what came of it."""
        asked = self.operation.training(parameters)
        return run.train(
            config_of(asked, self.job.seed, channels=self.on.images.images.shape[1]),
            self.on.images,
            folder=self.folder(number),
            device=self.on.device,
            watch=watch,
        )

    def record(self, number: int, values: dict[str, Any]) -> None:
        def write() -> bool:
            with transaction() as session:
                held = transitions.is_held(session, self.lease)
                if held:
                    trials.record(session, self.job.id, number, values)
            return held

        self.asked_to_stop |= not candidacy.waiting(write)

    def progress(self, number: int, done: int, total: int) -> None:
        if time.monotonic() - self.told_at < TELL_EVERY_S:
            return
        self.told_at = time.monotonic()
        most = self.operation.trials
        at = {"step": (number - 1) * total + done, "total": most * total}
        told = {**at, "trial": number, "trials": most}

        def write() -> bool:
            with transaction() as session:
                return transitions.report_progress(session, self.lease, told)

        self.asked_to_stop |= not candidacy.waiting(write)


@dataclass(slots=True)
class Course:
    """One trial on its way; `before_s` is what an earlier attempt spent on it."""

    tuning: Tuning
    number: int
    trying: Trying
    before_s: float
    scores: dict[int, float] = field(default_factory=dict)
    measure: str | None = None
    is_behind: bool = False
    since: float = field(default_factory=time.monotonic)

    def epoch(self, epoch: Epoch) -> None:
        score = epoch.decisive
        if score is None:
            raise TrainingError("score_missing", "trials are compared by a score that it has not")
        if not math.isfinite(score):
            raise TrainingError("score_not_finite", f"after epoch {epoch.number} there is no score")
        self.measure = measure_of(epoch)
        self.scores[epoch.number] = score
        self.is_behind |= self.trying.is_behind(epoch.number, score)
        self.write("running")

    def write(self, state: State | str, *, error: str | None = None) -> None:
        is_over = state == "complete"
        values = {
            "parameters": self.trying.parameters,
            "state": state,
            "value": max(self.scores.values()) if is_over else None,
            "measure": self.measure,
            "scores": [self.scores[number] for number in sorted(self.scores)],
            "seconds": self.before_s + time.monotonic() - self.since,
            "error": error,
        }
        self.tuning.record(self.number, values)

    def watch(self) -> Watch:
        return Watch(
            on_epoch=self.epoch,
            on_progress=lambda done, total: self.tuning.progress(self.number, done, total),
            should_stop=lambda: self.tuning.asked_to_stop or self.is_behind,
        )


def measure_of(epoch: Epoch) -> str:
    """The name of the score that decides, as cards have it."""
    return next(name for name, score in validation(epoch).items() if score == epoch.decisive)
