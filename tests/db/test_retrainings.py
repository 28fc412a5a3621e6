"""A rule starts one training when it is met; what comes out serves if it is better."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from db import (
    clock,
    evaluations,
    promotions,
    registration,
    retrainings,
    rules,
    transitions,
    versions,
)
from db.datasets import DatasetNotFound
from db.engine import reading, transaction
from db.fence import Lease
from db.ids import new_id
from db.operations.training import Train
from db.refusals import Refused
from db.rules import RuleExists, RuleNotFound, When
from db.selection import Wanted
from db.tables.all import Evaluation, Job, Retraining
from tests import rows
from tests.opinions import made, rate, upload
from tests.rows import TENANT

pytestmark = pytest.mark.usefixtures("archive")

ASKED = Train(dataset="shop", network="vae", epochs=3)


@pytest.fixture
def shop() -> list[str]:
    """The pictures of a dataset that a network can learn from."""
    pictures = [upload(number) for number in range(20)]
    wanted = [Wanted(one, "shoe") for one in pictures]
    registration.register(TENANT, "shop", wanted, licence="ours")
    return pictures


def a_rule(operation: Train = ASKED, *, promotes: bool = True, **when: Any) -> str:
    with transaction() as session:
        told = When(**(when or {"ratings": 2}))
        return rules.add(session, TENANT, operation, told, promotes=promotes, by="k" * 16).id


def rated(*numbers: int, rating: int = -1) -> None:
    """Reconstructions of new pictures that somebody rates."""
    for number in numbers:
        source = upload(number)
        rate(made(1000 + number, op="reconstruct", asked={"picture": source}), rating)


def came_of(rule: str) -> Sequence[Retraining]:
    with reading() as session:
        return retrainings.of(session, rule, most=9)


def ended(job: Job, state: str = "succeeded", **found: Any) -> str | None:
    """The training is over, and its version was measured so; the version's id."""
    version_id = None
    with transaction() as session:
        (claimed,) = transitions.claim(
            session, [session.get_one(Job, job.id)], owner="worker", device="cpu", lease_s=60
        )
        lease = Lease(claimed.id, "worker", claimed.lease_token)
        if state == "succeeded":
            version = versions.add(
                session, tenant=TENANT, name="vae-shop", network="vae", state="candidate",
                weights_key=new_id(), card="{}", job_id=job.id,
            )  # fmt: skip
            values = {
                "measure": "psnr_db", "value": 24.0, "baseline": 20.0, "digest": "0" * 16,
                "pictures": 4, "beats_baseline": True, "fallen": [], "told": {}, **found,
            }  # fmt: skip
            one = Evaluation(tenant=TENANT, version_id=version.id, **values)
            evaluations.add(session, one)
            version_id = version.id
            assert transitions.succeed(session, lease, report={})
    if state != "succeeded":
        why = "the loss left all bounds"
        rows.change(
            job.id,
            state=state,
            lease_owner=None,
            lease_expires_at=None,
            finished_at=clock.now(),
            error_detail=why,
        )
    return version_id


def test_enough_ratings_start_a_training_on_the_dataset_s_next_version(shop: list[str]) -> None:
    rule = a_rule()
    rated(50)
    assert retrainings.begin(rule) is None
    rated(51)

    job = retrainings.begin(rule)

    assert job is not None
    asked = json.loads(job.request)["operation"]
    assert (asked["op"], asked["network"], asked["epochs"]) == ("train", "vae", 3)
    assert asked["dataset"] == "shop@2"
    (row,) = came_of(rule)
    assert (row.cause, row.told["ratings"], row.job_id, row.outcome) == ("ratings", 2, job.id, None)


def test_ratings_before_the_rule_and_those_that_say_nothing_do_not_count(shop: list[str]) -> None:
    rated(50, 51)
    rule = a_rule()
    rated(52, 53, rating=0)
    rated(54)

    assert retrainings.begin(rule) is None


def test_while_it_trains_nothing_more_is_started_and_then_only_new_ratings_count(
    shop: list[str],
) -> None:
    rule = a_rule()
    rated(50, 51)
    first = retrainings.begin(rule)
    rated(52, 53)
    assert retrainings.begin(rule) is None

    assert first is not None
    ended(first)
    retrainings.close(came_of(rule)[0].id)
    second = retrainings.begin(rule)

    assert second is not None
    assert json.loads(second.request)["operation"]["dataset"] == "shop@3"
    ended(second)
    retrainings.close(came_of(rule)[0].id)
    assert retrainings.begin(rule) is None


def test_of_many_that_look_at_once_one_starts_the_training(shop: list[str]) -> None:
    rule = a_rule()
    rated(50, 51)

    with ThreadPoolExecutor(4) as many:
        jobs = [job for job in many.map(retrainings.begin, [rule] * 4) if job is not None]

    assert len(jobs) == 1
    assert len(came_of(rule)) == 1


def test_what_is_better_goes_into_service_by_nobody_s_key(shop: list[str]) -> None:
    rule = a_rule()
    rated(50, 51)
    job = retrainings.begin(rule)
    assert job is not None
    assert retrainings.over() == []
    version = ended(job)

    (retraining,) = retrainings.over()
    retrainings.close(retraining)

    (row,) = came_of(rule)
    assert (row.outcome, row.version_id, row.detail) == ("promoted", version, None)
    assert row.ended_at is not None
    with reading() as session:
        (promotion,) = promotions.of(session, TENANT)
        assert versions.serving(session, TENANT, "vae").id == version
    assert (promotion.made_by, promotion.reason) == (None, "retrained: 2 new ratings")
    assert retrainings.over() == []


def test_what_is_not_better_stays_a_candidate_and_is_told_why(shop: list[str]) -> None:
    rule = a_rule()
    rated(50, 51)
    job = retrainings.begin(rule)
    assert job is not None
    ended(job, beats_baseline=False)

    retrainings.close(came_of(rule)[0].id)

    (row,) = came_of(rule)
    assert row.outcome == "not_promoted"
    assert "24.000 against 20.000" in str(row.detail)
    with reading() as session:
        assert promotions.of(session, TENANT) == []


def test_a_rule_that_promotes_nothing_only_trains(shop: list[str]) -> None:
    rule = a_rule(promotes=False)
    rated(50, 51)
    job = retrainings.begin(rule)
    assert job is not None
    version = ended(job)

    retrainings.close(came_of(rule)[0].id)

    (row,) = came_of(rule)
    assert (row.outcome, row.version_id) == ("trained", version)


@pytest.mark.parametrize(("state", "outcome"), [("failed", "failed"), ("cancelled", "cancelled")])
def test_a_training_that_ended_otherwise_is_told_and_the_rule_lives(
    shop: list[str], state: str, outcome: str
) -> None:
    rule = a_rule()
    rated(50, 51)
    job = retrainings.begin(rule)
    assert job is not None
    ended(job, state)

    retrainings.close(came_of(rule)[0].id)
    rated(52, 53)

    assert came_of(rule)[0].outcome == outcome
    assert retrainings.begin(rule) is not None


def test_ratings_that_change_nothing_of_what_serves_train_nothing(shop: list[str]) -> None:
    rule = a_rule()
    rated(50, 51)
    job = retrainings.begin(rule)
    assert job is not None
    version = ended(job)
    with transaction() as session:
        row = versions.get(session, str(version))
        row.dataset_id = came_of(rule)[0].dataset_id
    retrainings.close(came_of(rule)[0].id)
    result = made(900, asked={"picture": shop[0]})
    rate(result, -1, -1)  # it was never in the dataset, and leaves nothing

    assert retrainings.begin(rule) is None

    assert (came_of(rule)[0].outcome, came_of(rule)[0].job_id) == ("nothing_new", None)
    assert retrainings.begin(rule) is None
    assert len(came_of(rule)) == 2


def test_a_dataset_that_the_network_cannot_learn_from_is_told(shop: list[str]) -> None:
    rule = a_rule(Train(dataset="shop", network="classifier"))  # of one category
    rated(50, 51)

    assert retrainings.begin(rule) is None

    (row,) = came_of(rule)
    assert row.outcome == "refused"
    assert "categor" in str(row.detail)


def test_somebody_s_own_training_of_the_version_goes_first(shop: list[str]) -> None:
    rule = a_rule()
    own = rows.queued("train", envelope={"operation": {"dataset": "shop", "network": "vae"}})
    rated(50, 51)

    assert retrainings.begin(rule) is None
    assert came_of(rule) == []

    rows.change(own, state="succeeded", finished_at=clock.now())
    assert retrainings.begin(rule) is not None


def test_a_rule_that_was_removed_starts_and_promotes_nothing(shop: list[str]) -> None:
    rule = a_rule()
    rated(50, 51)
    job = retrainings.begin(rule)
    assert job is not None

    with transaction() as session:
        rules.remove(session, TENANT, rule)
    ended(job)

    assert retrainings.over() == []
    assert retrainings.begin(rule) is None
    with reading() as session, pytest.raises(RuleNotFound):
        rules.find(session, TENANT, rule)


def test_there_is_one_rule_for_a_network_and_a_dataset(shop: list[str]) -> None:
    rule = a_rule()

    with pytest.raises(RuleExists):
        a_rule(ratings=9)

    with reading() as session:
        assert [one.id for one in rules.of(session, TENANT)] == rules.ids(session) == [rule]
        assert rules.of(session, "another") == []


def test_only_an_own_dataset_by_its_name_has_a_rule(shop: list[str]) -> None:
    with pytest.raises(DatasetNotFound):
        a_rule(Train(dataset="nothing", network="vae"))
    with pytest.raises(Refused) as refused:
        a_rule(Train(dataset="shop@1", network="vae"))

    assert refused.value.errors[0]["pointer"] == "/operation/dataset"


def test_a_fall_of_the_scores_starts_one_training(
    shop: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = a_rule(drop_db=1.0, over_results=10)
    fallen = retrainings.causes.drift.Drift("vae-shop@1", 30.0, 28.5, 0.2, 10)
    asked: list[Any] = []

    def of(*_: Any, **told: Any) -> Any:
        asked.append(told["after"])
        return fallen if told["after"] is None else None  # younger results are too few

    monkeypatch.setattr("db.drift.of", of)

    job = retrainings.begin(rule)

    assert job is not None
    (row,) = came_of(rule)
    assert (row.cause, row.told["now_db"]) == ("drift", 28.5)
    ended(job)
    retrainings.close(row.id)
    assert retrainings.begin(rule) is None
    assert asked[-1] == row.created_at
