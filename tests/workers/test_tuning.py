"""A search in a job's child: trials are rows, the best is a version, a kill costs an epoch."""

import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import blobs, datasets, evaluations, trials, versions
from db.engine import reading, transaction
from db.tables.jobs import Job
from db.tables.trials import Trial
from models.training import run as runs
from models.training.vae import VaeTrainer
from models.weights import Card
from tests import rows
from tests.rows import TENANT
from tests.runs import Killed
from workers import register, run, training
from workers.training import EXIT_STOPPED, EXIT_WRITTEN

pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def small_dataset(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def claimed(**operation: Any) -> str:
    asked = {
        "dataset": "fashion-mnist-small", "network": "vae", "trials": 3, "epochs": 2, "seed": 5,
        "max_images": 110,
        "search": {"learning_rate": [1e-3, 1e-2], "batch_size": [45, 90]}, **operation,
    }  # fmt: skip
    job_id = rows.queued("tune", envelope={"operation": asked})
    rows.claim(queue="train")
    return job_id


def tune(job_id: str) -> int:
    lease = rows.lease_of(rows.read(job_id))
    return run.main(job_id, lease.owner, lease.token)


def tuned(**operation: Any) -> Job:
    job_id = claimed(**operation)
    assert tune(job_id) == EXIT_WRITTEN
    return rows.read(job_id)


def tried(job_id: str) -> list[Trial]:
    with reading() as session:
        return list(trials.of(session, job_id))


def test_every_trial_is_a_row_and_the_best_one_is_a_candidate() -> None:
    job = tuned()

    with reading() as session:
        version = versions.of_job(session, job.id)
        found = evaluations.newest(session, TENANT, version.id)
    over = tried(job.id)
    best = max(over, key=lambda one: one.value)
    card = Card.from_json(version.card)
    assert [one.state for one in over] == ["complete"] * 3
    assert {one.measure for one in over} == {"val_psnr_db"}
    assert (version.label, version.state) == ("vae-fashion-mnist-small-tuned@1", "candidate")
    assert job.report["tuned"]["trial"] == best.number
    assert card.recipe["learning_rate"] == best.parameters["learning_rate"]
    assert card.recipe["batch_size"] == best.parameters["batch_size"]
    assert card.scores["val_psnr_db"] == pytest.approx(best.value)
    assert found.measure == "psnr_db"
    assert not training.folder_of(job.id).exists()


def test_a_search_that_was_killed_goes_on_and_tries_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = tuned()
    job_id = claimed(label="again")
    with monkeypatch.context() as dying:
        dying.setattr("workers.course.Tuning.progress", _killed_in_the_second_epoch(of=2))
        with pytest.raises(Killed):
            tune(job_id)
    begun = tried(job_id)

    code = tune(job_id)

    assert [one.state for one in begun] == ["complete", "running"]
    assert len(begun[1].scores) == 1
    assert code == EXIT_WRITTEN
    assert [(one.parameters, one.scores) for one in tried(job_id)] == [
        (one.parameters, one.scores) for one in tried(whole.id)
    ]


def _killed_in_the_second_epoch(of: int) -> Any:
    def progress(tuning: Any, number: int, done: int, total: int) -> None:
        if number == of and 2 * done > total:
            raise Killed

    return progress


def test_a_search_that_is_asked_to_stop_keeps_the_trial_it_was_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job_id = claimed()

    def stop(tuning: Any, number: int, done: int, total: int) -> None:
        tuning.asked_to_stop |= number == 2

    with monkeypatch.context() as stopping:
        stopping.setattr("workers.course.Tuning.progress", stop)
        code = tune(job_id)

    assert code == EXIT_STOPPED
    assert [one.state for one in tried(job_id)] == ["complete", "running"]
    assert training._checkpointed(training.folder_of(job_id)) > 0


def test_a_trial_whose_loss_is_no_number_has_failed_and_the_search_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step = VaeTrainer.step

    def broken(trainer: VaeTrainer, batch: Any, moment: Any) -> Any:
        losses = step(trainer, batch, moment)
        is_unlucky = trainer.config.batch_size == 45
        return {name: loss * math.nan for name, loss in losses.items()} if is_unlucky else losses

    monkeypatch.setattr(VaeTrainer, "step", broken)

    job = tuned(trials=6, epochs=1)

    states = {one.parameters["batch_size"]: (one.state, one.error) for one in tried(job.id)}
    assert job.state == "succeeded"
    assert states[45][0] == "failed"
    assert "loss_not_finite" in str(states[45][1])
    assert states[90] == ("complete", None)


def test_a_search_in_which_every_trial_fails_registers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs, "_told", _never_finite)

    job = tuned(trials=2)

    with reading() as session:
        assert versions.of_job(session, job.id) is None
    assert (job.state, job.error_code) == ("failed", "no_trial_complete")
    assert [one.state for one in tried(job.id)] == ["failed", "failed"]


def _never_finite(losses: Any, step: int) -> Any:
    raise runs.TrainingError("loss_not_finite", f"the loss left all bounds at step {step}")


def test_no_trial_is_begun_when_the_minutes_are_over() -> None:
    job = tuned(minutes=0.001)

    assert job.state == "succeeded"
    assert [one.state for one in tried(job.id)] == ["complete"]


def test_only_the_best_trial_keeps_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[list[str]] = []
    monkeypatch.setattr(
        "workers.run.forget",
        lambda job_id: kept.append(
            sorted(path.name for path in training.folder_of(job_id).iterdir())
        ),
    )

    job = tuned()

    best = job.report["tuned"]["trial"]
    assert kept == [["advanced", f"trial-{best:03}"]]


def test_a_dataset_that_is_too_small_fails_the_job_and_not_a_trial() -> None:
    with transaction() as session:
        datasets.add(
            session, tenant=TENANT, name="few", kind=datasets.PICTURES, pictures=1,
            categories=["hat"], manifest=[
                {"picture": "x", "sha256": blobs.put(TENANT, b"x"), "category": "hat"}
            ], licence=None,
        )  # fmt: skip

    job = tuned(dataset="few")

    assert (job.state, job.error_code, tried(job.id)) == ("failed", "dataset_too_small", [])


@pytest.mark.slow
def test_a_child_that_is_killed_in_its_second_trial_goes_on_there(home: Path) -> None:
    job_id = claimed(trials=2, epochs=8)
    lease = rows.lease_of(rows.read(job_id))
    asked = [sys.executable, "-m", "workers.run", job_id, lease.owner, str(lease.token)]
    child = subprocess.Popen([*asked, str(os.getpid())])
    until = time.monotonic() + 120
    while not any(one.number == 2 and one.scores for one in tried(job_id)):
        assert child.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)

    child.kill()
    child.wait()
    killed = tried(job_id)
    again = subprocess.run([*asked, str(os.getpid())], timeout=120, check=False)

    assert [one.state for one in killed] == ["complete", "running"]
    assert again.returncode == EXIT_WRITTEN
    assert rows.read(job_id).state == "succeeded"
    before, after = killed[1].scores, tried(job_id)[1].scores
    assert after[: len(before)] == before
    assert len(after) == 8
