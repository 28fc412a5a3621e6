"""Rules are followed by one process at a time, and what one fails by keeps no other waiting."""

import pytest

from db import datasets, rules
from db.engine import transaction
from db.jobs import QueueQuota
from db.operations.training import Train
from db.rules import When
from db.tables.jobs import Job
from tests import rows
from tests.rows import TENANT
from workers import retrainer
from workers.retrainer import Retrainer

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queues: list[str] = []
    monkeypatch.setattr("workers.retrainer.queues.ring", queues.append)
    return queues


def a_rule(dataset: str) -> str:
    with transaction() as session:
        datasets.add(
            session, tenant=TENANT, name=dataset, kind=datasets.PICTURES, pictures=0,
            categories=[], manifest=[], licence=None,
        )  # fmt: skip
        training = Train(dataset=dataset, network="vae")
        return rules.add(session, TENANT, training, When(ratings=1), promotes=True, by=None).id


def test_a_training_that_was_begun_is_rung_for_and_a_failure_keeps_no_other_waiting(
    rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = a_rule("a"), a_rule("b"), a_rule("c")
    job = rows.read(
        rows.queued("train", envelope={"operation": {"dataset": "a", "network": "gan"}})
    )

    def begin(rule: str) -> Job | None:
        if rule == first:
            raise QueueQuota("the shop has as many jobs as it may")
        return job if rule == second else None

    monkeypatch.setattr("workers.retrainer.retrainings.begin", begin)

    retrainer.follow()

    assert third
    assert rung == ["train"]


def test_only_the_leader_follows_and_where_there_is_no_rule_nobody_leads() -> None:
    one, other = Retrainer("one"), Retrainer("other")
    assert not one._leads()

    a_rule("a")

    assert one._leads()
    assert not other._leads()
    assert one._leads()
