"""A training told few labels, that guesses the rest: both rounds are rows, and in the card."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import clock, datasets, versions
from db.engine import reading
from models.training.watch import Epoch
from models.weights import Card
from tests import rows
from workers import register, run, training
from workers.learning import Reporter
from workers.training import EXIT_STOPPED, EXIT_WRITTEN


@pytest.fixture(autouse=True)
def small_dataset(home: Path) -> Iterator[None]:
    register.register()
    yield
    shutil.rmtree(home / "runs", ignore_errors=True)


def claimed(epochs: int = 1) -> str:
    operation = {
        "dataset": "fashion-mnist-small", "network": "classifier", "epochs": epochs,
        "batch_size": 60, "labelled_share": 0.2, "pseudo_threshold": 0.05, "max_images": 80,
    }  # fmt: skip
    job_id = rows.queued("train", envelope={"operation": operation})
    rows.claim(queue="train")
    return job_id


def train(job_id: str) -> int:
    lease = rows.lease_of(rows.read(job_id))
    return run.main(job_id, lease.owner, lease.token)


def test_both_rounds_are_rows_and_their_scores_are_in_card_and_report() -> None:
    job_id = claimed()

    code = train(job_id)

    with reading() as session:
        epochs = datasets.epochs(session, job_id)
        version = versions.of_job(session, job_id)
    assert code == EXIT_WRITTEN
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert version is not None
    scores, report = Card.from_json(version.card).scores, rows.read(job_id).report
    assert report is not None
    assert report["accuracy_labelled"] == epochs[0].scores["accuracy"]
    assert report["accuracy"] == epochs[1].scores["accuracy"]
    assert report["pseudo_labels"] == scores["pseudo_labels"] > 0
    assert scores["accuracy_labelled"] == report["accuracy_labelled"]
    assert not training.folder_of(job_id).exists()


def test_of_one_that_is_cancelled_in_its_second_round_the_best_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job_id = claimed(epochs=2)
    told = Reporter.epoch

    def epoch(reporter: Reporter, one: Epoch) -> None:
        told(reporter, one)
        if one.number == 3:
            rows.change(job_id, cancel_requested_at=clock.now())
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Reporter, "epoch", epoch)

    code = train(job_id)

    with reading() as session:
        version = versions.of_job(session, job_id)
    assert (code, rows.read(job_id).state) == (EXIT_STOPPED, "running")  # its parent ends it
    assert version is not None
    assert version.state == "candidate"
