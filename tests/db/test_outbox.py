"""The outbox: what became true and what will be told of it are one transaction."""

import json
from typing import Any

import pytest
from sqlalchemy import event

from db import batches, engine, jobs, outbox, transitions
from db.engine import reading, transaction
from db.ids import new_id
from db.tables.batches import Batch
from db.tables.jobs import FAILED, SUCCEEDED, Job
from db.transitions import Outcome
from tests import hooks, rows
from tests.rows import TENANT

OWN = "https://own.example/told"


@pytest.fixture(autouse=True)
def _archive(archive: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.keyed(monkeypatch)


def succeed(lease: transitions.Lease, *results: Any) -> None:
    with transaction() as session:
        transitions.finish(session, [Outcome(lease, SUCCEEDED, results=list(results))])


def told(subject: str) -> list[tuple[str, str, str | None]]:
    return sorted((row.event, row.url, row.endpoint_id) for row in hooks.all_of(subject))


def body(subject: str) -> dict[str, Any]:
    (row,) = hooks.all_of(subject)
    return json.loads(row.body)


def test_the_end_of_a_job_is_told_with_what_a_storefront_needs() -> None:
    hooks.endpoint()
    lease = rows.running(sku="S-1", channel="web", external_id="order-7")
    made = rows.result(lease, psnr_db=41.5, ssim=0.99, product_psnr_db=None, unproven=True)

    succeed(lease, made)

    whole = body(lease.job_id)
    assert whole["type"] == "job.succeeded"
    assert whole["timestamp"] == rows.read(lease.job_id).finished_at.isoformat()[:-6] + "Z"
    data = whole["data"]
    assert (data["job_id"], data["op"], data["state"]) == (lease.job_id, "upscale", "succeeded")
    assert (data["sku"], data["channel"], data["external_id"]) == ("S-1", "web", "order-7")
    assert data["links"]["job"] == f"/v1/jobs/{lease.job_id}"
    (result,) = data["results"]
    assert (result["id"], result["psnr_db"], result["unproven"]) == (made.id, 41.5, True)
    assert result["product_psnr_db"] is None


def test_the_end_and_the_news_of_it_are_rolled_back_together() -> None:
    hooks.endpoint()
    lease = rows.running()

    with pytest.raises(ZeroDivisionError):
        _end_and_break(lease)

    assert rows.read(lease.job_id).state == "running"
    assert hooks.all_of(lease.job_id) == []


def test_each_endpoint_hears_of_an_end_once_however_often_it_is_told() -> None:
    one, two = hooks.endpoint(), hooks.endpoint("https://other.example/")
    lease = rows.running()
    succeed(lease)

    with transaction() as session:
        outbox.tell(session, [session.get_one(Job, lease.job_id)] * 2)

    assert told(lease.job_id) == sorted(
        [("job.succeeded", one.url, one.id), ("job.succeeded", two.url, two.id)]
    )


def test_a_late_outcome_that_the_fence_refused_is_told_to_nobody() -> None:
    hooks.endpoint()
    slow = rows.running()
    rows.lease_ran_out(slow.job_id)
    with transaction() as session:
        transitions.sweep(session)

    succeed(slow)

    assert hooks.all_of(slow.job_id) == []


def test_an_endpoint_hears_of_its_own_events_its_own_tenant_and_while_it_is_enabled() -> None:
    wants = hooks.endpoint(events=["job.failed", "job.dead"])
    hooks.endpoint("https://else.example/", events=["batch.completed"])
    hooks.endpoint("https://foreign.example/", tenant="another")
    silent = hooks.endpoint("https://silent.example/")
    with transaction() as session:
        hooks.endpoints.disable(session, TENANT, silent.id, because="switched off")
    lease = rows.running()

    with transaction() as session:
        transitions.fail(session, lease, code="bad_input", detail="no")

    assert told(lease.job_id) == [("job.failed", wants.url, wants.id)]
    assert body(lease.job_id)["data"]["error_code"] == "bad_input"


def test_a_jobs_own_address_is_told_beside_the_endpoints() -> None:
    general = hooks.endpoint()
    job_id = rows.queued(envelope={"webhook_url": OWN})
    (job,) = rows.claim()

    succeed(rows.lease_of(job))

    assert told(job_id) == sorted(
        [("job.succeeded", OWN, None), ("job.succeeded", general.url, general.id)]
    )


def test_a_job_that_goes_back_in_line_is_no_news() -> None:
    hooks.endpoint()
    lease = rows.running()

    with transaction() as session:
        assert transitions.retry(session, lease, code="x", detail="x") == "queued"

    assert hooks.all_of(lease.job_id) == []


def test_every_way_to_end_is_told() -> None:
    hooks.endpoint()
    spent, cancelled = rows.running(max_attempts=1), rows.running()
    with transaction() as session:
        jobs.cancel(session, TENANT, cancelled.job_id)
        transitions.cancel_running(session, cancelled)
        transitions.retry(session, spent, code="x", detail="x")
    waiting = rows.queued()
    with transaction() as session:
        jobs.cancel(session, TENANT, waiting)

    events = [
        row.event
        for job_id in (spent.job_id, cancelled.job_id, waiting)
        for row in hooks.all_of(job_id)
    ]
    assert events == ["job.dead", "job.cancelled", "job.cancelled"]


def test_a_body_stays_small_whatever_a_job_made() -> None:
    hooks.endpoint()
    lease = rows.running(sku="\x01" * 255, external_id="鞋" * 255, channel="\x02" * 64)
    made = [
        rows.result(lease, ordinal=n, psnr_db=1 / 3, ssim=1 / 3, product_delta_e_mean=1e-9 / 3)
        for n in range(64)
    ]

    succeed(lease, *made)

    (row,) = hooks.all_of(lease.job_id)
    assert len(row.body.encode()) < 20_000
    data = json.loads(row.body)["data"]
    assert [one["ordinal"] for one in data["results"]] == list(range(outbox.MOST_RESULTS))
    assert data["results_total"] == 64


def test_the_score_of_identical_pictures_is_no_number_that_json_does_not_know() -> None:
    hooks.endpoint()
    lease = rows.running()

    succeed(lease, rows.result(lease, psnr_db=float("inf"), identical=True))

    (result,) = body(lease.job_id)["data"]["results"]
    assert (result["psnr_db"], result["identical"]) == (None, True)


def test_pictures_that_a_gate_held_are_named_as_held() -> None:
    hooks.endpoint()
    lease = rows.running()
    held = rows.result(lease, visibility="held")

    with transaction() as session:
        outcome = Outcome(lease, FAILED, code="gate", detail="psnr_db", results=[held])
        transitions.finish(session, [outcome])

    data = body(lease.job_id)["data"]
    assert data["error_code"] == "gate"
    assert [one["visibility"] for one in data["results"]] == ["held"]


def test_where_nobody_listens_one_question_is_asked() -> None:
    lease = rows.running()
    asked: list[str] = []
    with transaction() as session:
        job = session.get_one(Job, lease.job_id)
        job.state = "succeeded"
        session.expunge(job)
        event.listen(
            engine.writer(),
            "before_cursor_execute",
            lambda _c, _cursor, statement, *_: asked.append(statement),
        )
        outbox.tell(session, [job])
        outbox.tell(session, [])

    assert len(asked) == 1


def test_a_batch_is_told_with_counts_that_sum() -> None:
    general = hooks.endpoint(events=["batch.completed"])
    batch_id = _batch(webhook_url=OWN)
    first, second = rows.running(batch_id=batch_id), rows.running(batch_id=batch_id)
    succeed(first)
    with transaction() as session:
        transitions.fail(session, second, code="x", detail="x")

    with transaction() as session:
        outbox.tell_batches(session, batches.close_finished(session))

    assert told(batch_id) == sorted(
        [("batch.completed", OWN, None), ("batch.completed", general.url, general.id)]
    )
    data = json.loads(hooks.all_of(batch_id)[0].body)["data"]
    assert data["jobs"] == {"succeeded": 1, "failed": 1, "cancelled": 0, "dead": 0}
    assert sum(data["jobs"].values()) + data["refused"] == data["lines"]


def _end_and_break(lease: transitions.Lease) -> None:
    with transaction() as session:
        transitions.succeed(session, lease)
        raise ZeroDivisionError


def _batch(**columns: Any) -> str:
    row = {"refused": 1, "lines": 3, "request_sha256": "0" * 64, **columns}
    with transaction() as session:
        batch = Batch(id=new_id(), tenant=TENANT, created_at=hooks.clock.now(), **row)
        session.add(batch)
    with reading() as session:
        return session.get_one(Batch, batch.id).id
