"""The trials of a search, as its own shop sees them, and on the command line."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.commands.delivery import _seen
from db import trials
from db.engine import transaction
from tests import rows
from tests.api import scripted
from tests.api.scripted import Answer, Asked
from tests.factories import NOWHERE

TRIAL = {
    "parameters": {"learning_rate": 0.00123456, "batch_size": 64}, "state": "complete",
    "value": 21.5, "measure": "val_psnr_db", "scores": [20.0, 21.5], "seconds": 12.25,
    "error": None,
}  # fmt: skip


@pytest.fixture
def job_id(home: object) -> str:
    job_id = rows.queued("tune", envelope={"operation": {"dataset": "d", "network": "vae"}})
    with transaction() as session:
        trials.record(session, job_id, 2, {**TRIAL, "state": "failed", "value": None})
        trials.record(session, job_id, 1, TRIAL)
    return job_id


def test_they_are_told_in_order(client: TestClient, job_id: str) -> None:
    answer = client.get(f"/v1/jobs/{job_id}/trials")

    first, second = answer.json()["items"]
    assert {name: first[name] for name in TRIAL} == TRIAL
    assert (first["number"], second["number"], second["state"]) == (1, 2, "failed")


def test_another_shop_has_no_such_job(other_shop: TestClient, job_id: str) -> None:
    answer = other_shop.get(f"/v1/jobs/{job_id}/trials")

    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


@pytest.mark.parametrize("name", [NOWHERE, "x"])
def test_a_job_that_is_not_there_has_none(client: TestClient, name: str) -> None:
    assert client.get(f"/v1/jobs/{name}/trials").status_code == 404


def job(state: str) -> dict[str, Any]:
    return {
        "id": NOWHERE, "op": "tune", "state": state, "results": [], "error": None, "epochs": None,
        "progress": {"step": 30, "total": 120, "trial": 2, "trials": 8}, "version": None,
        "revision": 1,
    }  # fmt: skip


def test_the_bar_of_a_search_says_which_trial_it_is_at() -> None:
    assert _seen(job("running"), {})["now"] == "tune running, trial 2 of 8"


def test_watching_ends_with_the_trials(
    packshot: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path.endswith("/events"):
            return Answer(204, b"")  # it is over
        if asked.path.endswith("/trials"):
            return {"items": [{**TRIAL, "number": 1}]}
        return job("succeeded")

    with scripted.serving(answer) as server:
        code = packshot("watch", NOWHERE, "--url", server.url)

    printed = capsys.readouterr().out
    assert not code
    assert "complete" in printed
    assert "learning_rate 0.001235" in printed.replace("\n", " ")
