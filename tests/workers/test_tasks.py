"""Jobs from producers that have only the broker: valid ones become rows, others are dropped."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from db import clock
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.jobs import Job
from db.tables.tenants import Tenant
from tests import rows
from tests.factories import NOWHERE
from workers import settings, tasks

UPSCALE = {"operation": {"op": "upscale", "picture": NOWHERE}}


@pytest.fixture(autouse=True)
def rung(home: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queues: list[str] = []
    monkeypatch.setattr("workers.tasks.queues.ring", lambda queue, **_: queues.append(queue))
    monkeypatch.setenv("WORKER_SUBMIT_TENANT", "shop")
    settings.get.cache_clear()
    rows.picture(NOWHERE, tenant="shop")
    return queues


def _send(message_id: str | None = None, **order: Any) -> None:
    done = tasks.submit.apply(kwargs=order, task_id=message_id or new_id())
    assert done.successful(), done.traceback


def _jobs() -> list[Job]:
    with reading() as session:
        return list(session.scalars(select(Job)))


def test_a_valid_message_becomes_a_row_and_rings_its_queue(rung: list[str]):
    _send("message-1", **UPSCALE, sku="shoe", priority=2)

    (job,) = _jobs()
    assert (job.tenant, job.op, job.state, job.sku, job.priority) == (
        *("shop", "upscale", "queued"),
        *("shoe", 2),
    )
    assert job.idempotency_key == "message-1"
    assert rung == ["gpu"]


def test_a_message_that_comes_twice_is_one_job(rung: list[str]):
    _send("message-1", **UPSCALE)
    _send("message-1", **UPSCALE)

    assert len(_jobs()) == 1


def test_two_messages_with_one_key_are_one_job():
    _send("message-1", **UPSCALE, idempotency_key="order-7")
    _send("message-2", **UPSCALE, idempotency_key="order-7")

    (job,) = _jobs()
    assert job.idempotency_key == "order-7"


def test_another_request_under_the_same_key_is_dropped():
    _send("message-1", **UPSCALE, idempotency_key="order-7")
    _send("message-2", **UPSCALE, idempotency_key="order-7", sku="other")

    (job,) = _jobs()
    assert job.sku is None


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"operation": {"op": "levitate"}},
        {"operation": {"op": "upscale"}},
        {"operation": {"op": "upscale", "picture": new_id()}},
        {**UPSCALE, "priority": 0},
        {**UPSCALE, "colour": "red"},
        {"operation": {"op": "sample", "truncation": float("nan")}},
        {"operation": {"op": "sample", "n": "4"}},
        {**UPSCALE, "sku": "a\0b"},
        {**UPSCALE, "idempotency_key": 7},
        {**UPSCALE, "idempotency_key": ["a"]},
        {**UPSCALE, "idempotency_key": "a\0b"},
        {**UPSCALE, "idempotency_key": "a" * 256},
    ],
    ids=lambda order: str(order)[:60].partition("'picture'")[0],
)
def test_what_is_no_job_is_dropped_without_an_error(order: dict[str, Any], rung: list[str]):
    _send(**order)

    assert _jobs() == []
    assert rung == []


@pytest.mark.parametrize("junk", [(1, 2, 3, 4), ("upscale",), (None,), ([UPSCALE],)], ids=str)
def test_a_message_of_another_shape_is_dropped_without_an_error(junk: tuple[Any, ...]):
    done = tasks.submit.apply(args=junk, task_id="message-1")

    assert done.successful(), done.traceback
    assert _jobs() == []


def test_a_job_may_come_as_one_dictionary():
    done = tasks.submit.apply(args=(UPSCALE,), task_id="message-1")

    assert done.successful()
    assert [job.op for job in _jobs()] == ["upscale"]


def test_over_a_tenants_cap_the_message_goes_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tasks, "REQUEUE_PAUSE_S", 0.0)
    with transaction() as session:
        session.add(Tenant(name="shop", max_queued=1, created_at=clock.now()))
    _send("message-1", **UPSCALE)

    done = tasks.submit.apply(kwargs=UPSCALE, task_id="message-2")

    assert done.state == "REJECTED"
    assert len(_jobs()) == 1


def test_text_that_no_database_keeps_is_dropped_before_one_is_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(tasks, "REQUEUE_PAUSE_S", 0.0)
    monkeypatch.setattr(tasks.placing, "transaction", _unforeseen)

    _send(operation={"op": "sample", "category": "a\0b"})


def test_after_an_error_that_nobody_foresaw_the_message_goes_back(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(tasks, "REQUEUE_PAUSE_S", 0.0)
    monkeypatch.setattr(tasks.placing, "transaction", _unforeseen)

    done = tasks.submit.apply(kwargs=UPSCALE, task_id="message-1")

    assert done.state == "REJECTED"


def _unforeseen() -> None:
    raise DataError("INSERT", None, ValueError("a NUL"))


def test_nothing_is_taken_where_no_tenant_is_named(
    rung: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("WORKER_SUBMIT_TENANT")
    settings.get.cache_clear()

    _send(**UPSCALE)

    assert _jobs() == []
    assert rung == []


def test_the_names_that_producers_use_do_not_change():
    assert {"wake", "jobs.submit"} <= set(tasks.app.tasks)


def test_a_wake_up_in_a_process_that_is_no_worker_says_so():
    with pytest.raises(RuntimeError, match="no worker"):
        tasks.life.current()
