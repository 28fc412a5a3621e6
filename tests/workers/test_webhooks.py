"""The worker that tells: signed news at a real receiver, whatever the other receivers do."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug import Request, Response

from db import deliveries, endpoints, fleet, settings, signing, transitions
from db.engine import reading, transaction
from db.tables.deliveries import Delivery
from tests import hooks, receivers, rows
from tests.receivers import answering, dribbling, listening, silent
from tests.rows import TENANT
from workers import fetch, sender, webhooks
from workers import settings as worker_settings

ROOT = Path(__file__).parents[2]
WITHIN_S = 10.0


@pytest.fixture(autouse=True)
def _house(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WORKER_POLL_S", "0.05")
    monkeypatch.setenv("WORKER_DRAIN_S", "1")
    monkeypatch.setattr(sender, "LONGEST_S", 1.0)
    hooks.keyed(monkeypatch, allow="127.0.0.1,localhost")
    worker_settings.get.cache_clear()
    yield
    worker_settings.get.cache_clear()


@contextmanager
def working() -> Iterator[webhooks.Hooks]:
    worker = webhooks.boot(["hooks"])
    worker.start()
    try:
        yield worker
    finally:
        worker.drain()


def until(true: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.02)


def added(url: str) -> tuple[str, str]:
    """An endpoint's id and its secret."""
    with transaction() as session:
        endpoint, secret = endpoints.add(session, TENANT, url=url)
        return endpoint.id, secret


def pinged(endpoint_id: str) -> str:
    with transaction() as session:
        return deliveries.ping(session, endpoints.find(session, TENANT, endpoint_id)).id


def over(delivery_id: str) -> bool:
    return hooks.read(delivery_id).state != "pending"


def tried(delivery_id: str) -> bool:
    return hooks.read(delivery_id).attempt > 0


def attempt_of(delivery_id: str) -> deliveries.DeliveryAttempt:
    with reading() as session:
        return deliveries.attempts(session, delivery_id)[-1]


def headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


def test_the_end_of_a_job_arrives_signed_as_the_standards_own_library_wants_it(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("thanks")
    _, secret = added(httpserver.url_for("/hook"))
    lease = rows.running(sku="鞋-1")
    with transaction() as session:
        transitions.succeed(session, lease)

    (row,) = hooks.all_of(lease.job_id)
    with working():
        until(lambda: over(row.id))

    ((request, _),) = httpserver.log
    told = Webhook(secret).verify(request.data, headers(request))
    assert (told["type"], told["data"]["job_id"]) == ("job.succeeded", lease.job_id)
    assert told["data"]["sku"] == "鞋-1"
    assert request.headers["webhook-id"] == row.id
    assert request.headers["content-type"] == "application/json"
    assert hooks.read(row.id).state == "delivered"
    assert attempt_of(row.id).answer == "thanks"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.data + b" ", headers(request))


def test_a_jobs_own_address_is_signed_with_the_tenants_secret(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/own").respond_with_data("")
    job_id = rows.queued(envelope={"webhook_url": httpserver.url_for("/own")})
    (job,) = rows.claim()
    with transaction() as session:
        transitions.succeed(session, rows.lease_of(job))

    with working():
        until(lambda: over(hooks.all_of(job_id)[0].id))

    with transaction() as session:
        secret = signing.of_tenant(session, TENANT)
    ((request, _),) = httpserver.log
    assert Webhook(secret).verify(request.data, headers(request))


def test_during_a_rotation_the_old_and_the_new_secret_both_verify(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    endpoint_id, old = added(httpserver.url_for("/hook"))
    with transaction() as session:
        new = endpoints.rotate(session, TENANT, endpoint_id)
    made = pinged(endpoint_id)

    with working():
        until(lambda: over(made))

    ((request, _),) = httpserver.log
    for secret in (old, new):
        assert Webhook(secret).verify(request.data, headers(request))


def test_a_failed_attempt_a_retry_and_a_replay_are_one_message(httpserver: HTTPServer) -> None:
    answers = iter([Response("no", 500), Response(""), Response("")])
    httpserver.expect_request("/hook").respond_with_handler(lambda _: next(answers))
    endpoint_id, secret = added(httpserver.url_for("/hook"))
    made = pinged(endpoint_id)

    with working() as worker:
        until(lambda: tried(made))
        hooks.is_due_now(made)
        worker.wake()
        until(lambda: over(made))
        with transaction() as session:
            again = deliveries.replay(session, TENANT, made).id
        worker.wake()
        until(lambda: over(again))

    requests = [request for request, _ in httpserver.log]
    assert {one.headers["webhook-id"] for one in requests} == {made}
    assert len({one.data for one in requests}) == 1
    assert len(requests) == 3
    assert all(Webhook(secret).verify(one.data, headers(one)) for one in requests)


@pytest.mark.parametrize(
    ("behave", "status", "error"),
    [
        (answering(301, Location="http://127.0.0.1:1/"), 301, None),
        (answering(500, b"\0\xff" * 100_000), 500, None),
        (silent, None, "url_timeout"),
        (dribbling(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n"), None, "url_"),
    ],
)
def test_a_receiver_that_does_not_answer_well_is_tried_again_later(
    behave: receivers.Behave, status: int | None, error: str | None
) -> None:
    with listening(behave) as receiver:
        made = pinged(added(receiver.url)[0])
        with working():
            until(lambda: tried(made))

    attempt = attempt_of(made)
    assert hooks.read(made).state == "pending"
    assert attempt.status == status
    assert (attempt.error or "").startswith(error or "")
    assert "\0" not in (attempt.answer or "")
    assert len(attempt.answer or "") <= sender.KEPT_CHARACTERS


def test_five_megabytes_of_thanks_are_still_thanks() -> None:
    with listening(answering(200, b"x" * 5_000_000)) as receiver:
        made = pinged(added(receiver.url)[0])
        with working():
            until(lambda: over(made))

    assert hooks.read(made).state == "delivered"
    assert attempt_of(made).answer == "x" * sender.KEPT_CHARACTERS


def test_a_receiver_that_is_gone_is_asked_no_more() -> None:
    with listening(answering(410)) as receiver:
        endpoint_id, _ = added(receiver.url)
        made = pinged(endpoint_id)
        with working():
            until(lambda: over(made))

    with reading() as session:
        assert endpoints.find(session, TENANT, endpoint_id).disabled_at is not None
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    "asked",
    ["3600", lambda: format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)],
    ids=["seconds", "date"],
)
def test_a_receiver_that_asks_for_patience_gets_it(asked: str | Callable[[], str]) -> None:
    wanted = asked if isinstance(asked, str) else asked()
    with listening(answering(429, Retry_After=wanted)) as receiver:
        made = pinged(added(receiver.url)[0])
        with working():
            until(lambda: tried(made))

    row = hooks.read(made)
    assert 3590 < (row.due_at - attempt_of(made).ended_at).total_seconds() < 3605


BEFORE_TIME_ENDS = "Fri, 31 Dec 9999 23:59:59 -0100"
"""A date that is right, and past every calendar's end in UTC."""


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e9", "", "²", BEFORE_TIME_ENDS])
def test_a_wish_that_cannot_be_read_is_none(nonsense: str) -> None:
    assert sender._seconds(nonsense) is None


def test_a_failure_that_nobody_foresaw_is_an_attempt_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(fetch, "post", broken)
    made = pinged(added("http://127.0.0.1:1/")[0])

    with working():
        until(lambda: tried(made))

    row, error = hooks.read(made), attempt_of(made).error or ""
    assert (row.state, row.attempt, row.lease_owner) == ("pending", 1, None)
    assert "RuntimeError" in error
    assert "secret of ours" not in error


def test_many_slow_receivers_of_one_tenant_delay_no_other_tenant(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    monkeypatch.setattr(sender, "LONGEST_S", 4.0)
    good = hooks.endpoint(httpserver.url_for("/hook"), tenant="another")
    with ExitStack() as stack:
        slow = [stack.enter_context(listening(silent)) for _ in range(20)]
        for receiver in slow:
            endpoint_id, _ = added(receiver.url)
            for _ in range(2):
                pinged(endpoint_id)
        with working():
            until(lambda: sum(len(one.heard) for one in slow) >= webhooks.MOST_PER_TENANT)
            time.sleep(0.5)  # many rounds
            made = hooks.ping(good).id
            until(lambda: over(made), within_s=2.0)

            assert sum(len(one.heard) for one in slow) == webhooks.MOST_PER_TENANT


def test_the_last_free_sender_is_for_the_tenant_that_holds_fewest(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    monkeypatch.setattr(webhooks, "SENDERS", 7)
    worker = webhooks.boot(["hooks"])  # its rounds are ours
    busy = [hooks.endpoint(f"https://slow-{n}.example/", tenant=f"busy {n}") for n in range(6)]
    for to in busy:
        hooks.ping(to)
    worker._sending = {held.id: held for held in hooks.claim()}
    for to in busy:
        hooks.ping(to)
    made = hooks.ping(hooks.endpoint(httpserver.url_for("/hook"), tenant="quiet")).id

    worker._send_due()
    until(lambda: over(made))

    worker.drain()
    assert len(httpserver.log) == 1


def test_hosts_behind_those_that_one_round_looks_at_are_reached_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhooks, "HOSTS_AT_ONCE", 2)
    with ExitStack() as stack:
        unwell = [stack.enter_context(listening(answering(500))) for _ in range(5)]
        all_told = [added(receiver.url)[0] for receiver in unwell]
        with working():
            for turn in (1, 2):  # what waits for its next attempt stays in the way
                for endpoint_id in all_told:
                    pinged(endpoint_id)
                until(lambda: all(len(one.heard) >= turn for one in unwell))  # noqa: B023


def test_a_slow_receiver_delays_nobody_else(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    with listening(silent) as slow:
        stuck = [pinged(added(slow.url)[0]) for _ in range(6)]
        quick, _ = added(httpserver.url_for("/hook"))
        with working():
            until(lambda: len(slow.heard) == webhooks.MOST_PER_HOST)
            made = [pinged(quick) for _ in range(5)]
            began = time.monotonic()
            until(lambda: all(over(one) for one in made))

            assert time.monotonic() - began < sender.LONGEST_S
            assert len(slow.heard) <= 2 * webhooks.MOST_PER_HOST
    assert not any(over(one) for one in stuck)


def test_without_the_key_to_its_secret_nothing_is_sent_unsigned(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    made = pinged(added(httpserver.url_for("/hook"))[0])
    monkeypatch.setenv("DB_SECRET_KEY", "another key of enough characters")
    settings.get.cache_clear()

    with working():
        until(lambda: tried(made))

    assert httpserver.log == []
    assert "DB_SECRET_KEY" in (attempt_of(made).error or "")


def test_a_delivery_that_outlived_its_webhook_fails_at_once(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    endpoint_id, _ = added(httpserver.url_for("/hook"))
    made = pinged(endpoint_id)
    with transaction() as session:
        endpoints.disable(session, TENANT, endpoint_id, because="switched off")
        # As it would be if it had been written at the same moment.
        late = update(Delivery).where(Delivery.id == made)
        session.execute(late.values(state="pending", finished_at=None))

    with working():
        until(lambda: over(made))

    assert httpserver.log == []
    assert hooks.read(made).state == "failed"
    assert "switched off" in (attempt_of(made).error or "")


def test_what_is_not_answered_when_the_worker_drains_is_due_at_once() -> None:
    with listening(silent) as receiver:
        made = pinged(added(receiver.url)[0])
        with working() as worker:
            until(lambda: receiver.heard)
            worker._given = worker._given.model_copy(update={"drain_s": 0.0})
            began = time.monotonic()
            worker.drain()
            assert time.monotonic() - began < 1.0
            assert worker.state == "stopped"

    row = hooks.read(made)
    assert (row.state, row.attempt, row.lease_owner) == ("pending", 0, None)
    assert [one.id for one in hooks.claim()] == [made]


def test_a_sender_that_vanished_is_replaced_when_its_lease_is_over(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    made = pinged(added(httpserver.url_for("/hook"))[0])
    (vanished,) = hooks.claim(owner="vanished", lease_s=0.3)

    with working():
        until(lambda: over(made))

    assert hooks.read(made).lease_token == vanished.lease_token + 1
    assert hooks.answer(vanished, 500) is None
    assert hooks.read(made).state == "delivered"


def test_it_is_seen_among_the_workers_from_start_to_stop() -> None:
    with working() as worker:
        until(lambda: _seen(worker.id) == "ready")

    assert _seen(worker.id) is None


def _seen(worker_id: str) -> str | None:
    with reading() as session:
        states = {one.id: one.state for one in fleet.present(session)}
    return states.get(worker_id)


def test_the_worker_of_webhooks_comes_up_without_torch() -> None:
    ask = (
        "import sys, workers.webhooks; "
        "print([m for m in ('torch', 'torchvision', 'cv2', 'models') if m in sys.modules])"
    )

    fresh = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert fresh.stdout.strip() == "[]", fresh.stderr


def test_celery_runs_it_as_a_worker_of_its_own(
    httpserver: HTTPServer, home: Path, tmp_path: Path
) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    made = pinged(added(httpserver.url_for("/hook"))[0])
    words = ["celery", "-A", "workers", "worker", "-Q", "hooks", "--loglevel", "INFO"]
    log = tmp_path / "worker.log"

    with log.open("w") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, stdout=output, stderr=output
        )
        try:
            until(lambda: over(made) or worker.poll() is not None, within_s=60)
            loaded = Path(f"/proc/{worker.pid}/maps").read_text()
            worker.terminate()
            code = worker.wait(20)
        finally:
            worker.kill()

    assert hooks.read(made).state == "delivered", log.read_text()
    assert code == 0, log.read_text()
    assert "libtorch" not in loaded
    assert len(httpserver.log) == 1
