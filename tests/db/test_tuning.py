"""What a search may be told: ranges and values that a training of that network would take."""

from typing import Any

import pytest
from pydantic import ValidationError

from db import removal, transitions, trials
from db.engine import reading, transaction
from db.operations.tuning import SPACES, Tune
from tests import rows

VALUES = {
    "parameters": {"learning_rate": 0.1}, "state": "running", "value": None, "measure": None,
    "scores": [], "seconds": 1.0, "error": None,
}  # fmt: skip


@pytest.mark.parametrize("network", list(SPACES))
def test_the_usual_space_of_each_network_can_be_tried(network: Any) -> None:
    tune = Tune(dataset="shoes", network=network)

    assert tune.space() == SPACES[network]


def test_a_trial_is_a_training_with_its_settings() -> None:
    tune = Tune(dataset="shoes", network="vae", epochs=3, max_images=99, image_size=64)

    train = tune.training({"learning_rate": 0.002, "batch_size": 32.0})

    assert (train.learning_rate, train.batch_size) == (0.002, 32)
    assert (train.epochs, train.max_images, train.image_size) == (3, 99, 64)


@pytest.mark.parametrize(
    ("search", "why"),
    [
        ({"learning_rate": (0.1, 0.01)}, "two numbers, the lower one first"),
        ({"learning_rate": (0.001, 0.01, 0.1)}, "two numbers, the lower one first"),
        ({"learning_rate": ("low", "high")}, "two numbers, the lower one first"),
        ({"learning_rate": (0.01, 5.0)}, "less than or equal to 0.1"),
        ({"weight_decay": (-1.0, 0.5)}, "greater than or equal to 0"),
        ({"beta": (0.0, 1.0)}, "from above 0"),
        ({"batch_size": (8.5, 16.0)}, "valid integer"),
        ({"batch_size": (16.0, 16.0)}, "each value once"),
        ({"optimizer": ("adam", "magic")}, "'adam', 'adamw' or 'sgd'"),
        ({"r1_gamma": (0.1, 1.0)}, "means nothing to a network of the kind vae"),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "-".join(one.split()[:3]),
)
def test_what_no_training_would_take_is_refused_by_its_name(search: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        Tune(dataset="shoes", network="vae", search=search)

    assert refused.value.errors()[0]["loc"] == ("search", *search)


def test_what_is_no_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        Tune.model_validate({"dataset": "d", "network": "vae", "search": {"seed": (1, 2)}})


@pytest.mark.usefixtures("archive")
def test_a_trial_is_written_over_and_goes_with_its_job() -> None:
    job_id = rows.queued("tune", envelope={"operation": {"dataset": "d", "network": "vae"}})
    with transaction() as session:
        trials.record(session, job_id, 1, VALUES)
        trials.record(session, job_id, 1, {**VALUES, "state": "complete", "value": 2.0})

    with reading() as session:
        (trial,) = trials.of(session, job_id)
    with transaction() as session:
        removal.remove_jobs(session, [job_id])
        left = trials.of(session, job_id)

    assert (trial.state, trial.value) == ("complete", 2.0)
    assert left == []


@pytest.mark.usefixtures("archive")
def test_a_worker_that_is_lost_after_a_trial_is_no_crash() -> None:
    job_id = rows.queued("tune", envelope={"operation": {"dataset": "d", "network": "vae"}})
    rows.claim(queue="train")
    with transaction() as session:
        trials.record(session, job_id, 1, VALUES)
    rows.lease_ran_out(job_id)

    with transaction() as session:
        transitions.sweep(session)

    assert (rows.read(job_id).state, rows.read(job_id).crash_count) == ("queued", 0)
