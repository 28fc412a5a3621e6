"""What comes in is embedded by itself, once, behind all other work, and only if that is wanted."""

from datetime import timedelta
from typing import Any

import pytest

from db import clock, embeddings, quarantine, versions
from db.blobs import SHIPPED
from db.engine import reading, transaction
from db.tables.jobs import Job
from tests import kept, rows
from tests.rows import TENANT
from workers import indexer, settings
from workers.indexer import Indexer

pytestmark = pytest.mark.usefixtures("home", "rung")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queues: list[str] = []
    monkeypatch.setattr("workers.indexer.queues.ring", queues.append)
    return queues


@pytest.fixture
def version(home: object) -> str:
    return _version("eye")


def _version(name: str) -> str:
    told = {"network": "classifier", "state": "serving", "card": "{}"}
    with transaction() as session:
        key = name.ljust(64, "0")
        return versions.add(session, tenant=SHIPPED, name=name, weights_key=key, **told).id


def _jobs() -> list[Job]:
    with reading() as session:
        return session.query(Job).filter_by(op="embed").all()


def _asked(job: Job) -> tuple[str, str]:
    from db.operations.order import Order

    operation: Any = Order.model_validate_json(job.request).operation
    return operation.picture, operation.version


def test_each_new_picture_gets_one_job_behind_all_other_work(version: str, rung: list[str]) -> None:
    picture, other = kept.picture(b"shoe"), kept.picture(b"hat", tenant="other")

    placed = [indexer.begin() for _ in range(2)]

    assert placed == [2, 0]
    assert {_asked(job) for job in _jobs()} == {(picture, version), (other, version)}
    assert {job.priority for job in _jobs()} == {9}
    assert {job.tenant for job in _jobs()} == {TENANT, "other"}
    assert rung == ["gpu", "gpu"]


def test_a_published_result_is_embedded_and_one_that_is_held_is_not(version: str) -> None:
    with transaction() as session:
        for visibility in ("published", "held"):
            session.add(rows.result(rows.running(), visibility=visibility))

    assert indexer.begin() == 1


def test_a_picture_that_a_policy_blocked_is_not_embedded(version: str) -> None:
    blocked = kept.picture()
    with transaction() as session:
        quarantine.keep(session, TENANT, blocked, policy="shop@1", reasons=[])

    assert indexer.begin() == 0


def test_what_was_embedded_and_what_failed_is_not_asked_for_again(version: str) -> None:
    seen, failed = kept.picture(b"seen"), kept.picture(b"failed")
    with transaction() as session:
        space = f"look-1:{version}"
        embeddings.keep(session, TENANT, seen, space=space, vector=b"\0\0", dimension=1)
    indexer.begin()
    (job,) = _jobs()
    rows.change(job.id, state="failed", finished_at=clock.now(), error_code="x")

    assert _asked(job)[0] == failed
    assert indexer.begin() == 0


def test_what_came_long_ago_is_left_to_packshot_index(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.picture()
    monkeypatch.setattr(indexer, "LOOKS_BACK", timedelta(seconds=-60))

    assert indexer.begin() == 0


def test_only_so_many_wait_at_a_time(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "AT_ONCE", 2)
    for number in range(5):
        kept.picture(str(number).encode())

    placed = [indexer.begin() for _ in range(2)]
    for job in _jobs():
        rows.change(job.id, state="succeeded", finished_at=clock.now())

    assert [*placed, indexer.begin()] == [2, 0, 2]


def test_where_no_classifier_serves_nothing_is_done() -> None:
    kept.picture()

    assert indexer.begin() == 0


@pytest.mark.parametrize(("embeds", "count"), [("asked", 0), ("new", 1)])
def test_nothing_is_embedded_unless_that_is_wanted(
    version: str, monkeypatch: pytest.MonkeyPatch, embeds: str, count: int
) -> None:
    kept.picture()
    monkeypatch.setenv("WORKER_EMBEDS", embeds)
    settings.get.cache_clear()

    Indexer("one")._look()

    settings.get.cache_clear()
    assert len(_jobs()) == count
