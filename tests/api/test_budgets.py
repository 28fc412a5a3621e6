"""Budgets: how often a key may ask, how much a tenant may send, and how both are told of it."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from starlette.testclient import TestClient

from api import broker, children, counters
from api.children import Child
from api.counters import Counting
from api.lines import Lines
from tests import factories, issued
from workers import settings as worker_settings

JSON = {"Content-Type": "application/json"}
Serve = Callable[..., TestClient]


def test_every_answer_to_a_key_tells_its_budget(serve: Serve) -> None:
    client = serve(requests_per_min=5)

    first, missing = client.get("/v1/jobs"), client.get("/v1/jobs/nowhere")

    assert first.headers["ratelimit-policy"] == '"requests";q=5;w=60'
    assert re.fullmatch(r'"requests";r=4;t=(60|59)', first.headers["ratelimit"])
    assert missing.status_code == 404
    assert missing.headers["ratelimit"].startswith('"requests";r=3;t=')


def test_a_key_over_its_rate_is_told_when_to_come_back(serve: Serve) -> None:
    client = serve(requests_per_min=2)

    told = [client.get("/v1/jobs") for _ in range(4)]

    assert [one.status_code for one in told] == [200, 200, 429, 429]
    assert told[3].json()["code"] == "rate_limited"
    assert 1 <= int(told[3].headers["retry-after"]) <= 60
    assert told[3].headers["ratelimit"].startswith('"requests";r=0;t=')


def test_each_key_has_a_budget_of_its_own(serve: Serve) -> None:
    client = serve(requests_per_min=1)
    other = issued.headers(issued.key())

    assert client.get("/v1/jobs").status_code == 200
    assert client.get("/v1/jobs").status_code == 429
    assert client.get("/v1/jobs", headers=other).status_code == 200


def test_a_request_without_a_key_spends_nothing(serve: Serve) -> None:
    client = serve(requests_per_min=2)

    for _ in range(5):
        assert client.get("/v1/jobs", headers={"Authorization": ""}).status_code == 401
    assert "ratelimit" not in client.get("/healthz").headers
    assert client.get("/v1/jobs").status_code == 200


def test_a_tenants_own_number_goes_before_the_settings(serve: Serve) -> None:
    client = serve(requests_per_min=5, key_remembered_s=0)

    client.patch("/v1/tenants/shop", content=b'{"max_requests_per_min": 2}', headers=JSON)
    told = [client.get("/v1/jobs") for _ in range(3)]

    assert [one.status_code for one in told] == [200, 200, 429]
    assert told[0].headers["ratelimit-policy"] == '"requests";q=2;w=60'


@pytest.mark.parametrize("settings", [{"requests_per_min": 0}, {}])
def test_nothing_is_a_limit_where_the_limit_is_none(serve: Serve, settings: dict[str, int]) -> None:
    client = serve(**settings, key_remembered_s=0)
    client.patch("/v1/tenants/shop", content=b'{"max_requests_per_min": 0}', headers=JSON)

    told = client.get("/v1/jobs")

    assert told.status_code == 200
    assert "ratelimit" not in told.headers


def upload(client: TestClient, data: bytes) -> tuple[int, str, str]:
    headers = {"Content-Type": "image/png"}
    told = client.post("/v1/pictures", content=data, headers=headers)
    return told.status_code, told.json().get("code", ""), told.headers["ratelimit"]


def test_a_tenant_sends_so_many_bytes_a_day_and_no_more(serve: Serve) -> None:
    one, other = factories.png(64, 64), factories.png(65, 64)
    client = serve(upload_bytes_per_day=len(one) + len(other) - 1)

    taken, refused = upload(client, one), upload(client, other)

    assert taken[:2] == (201, "")
    assert f'"uploads";r={len(other) - 1};t=' in taken[2]
    assert refused[:2] == (429, "upload_quota")
    assert upload(client, b"x" * 10)[:2] == (422, "image_unrecognised")  # there is room for it


def test_the_bytes_of_a_tenant_are_counted_over_its_keys(serve: Serve) -> None:
    picture = factories.png(64, 64)
    client = serve(upload_bytes_per_day=len(picture))
    again = {**issued.headers(issued.key()), "Content-Type": "image/png"}
    others = {**issued.headers(issued.key("other")), "Content-Type": "image/png"}

    assert upload(client, picture)[0] == 201
    refused = client.post("/v1/pictures", content=picture, headers=again)
    taken = client.post("/v1/pictures", content=picture, headers=others)

    assert (refused.status_code, taken.status_code) == (429, 201)
    assert 1 <= int(refused.headers["retry-after"]) <= 86_400


def test_an_upload_over_the_budget_is_refused_before_its_body_is_read(serve: Serve) -> None:
    client = serve(upload_bytes_per_day=100)
    read = []

    def body() -> Iterator[bytes]:
        read.append(1)
        yield b"x" * 1_000

    told = client.post(
        "/v1/pictures",
        content=body(),
        headers={"Content-Type": "image/png", "Content-Length": "1000"},
    )

    assert (told.status_code, told.json()["code"]) == (429, "upload_quota")


@pytest.fixture
def real_broker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """The embedded Valkey, as `packshot up` starts it."""
    monkeypatch.setenv("WORKER_BROKER_URL", "")
    worker_settings.get.cache_clear()
    child = Child("broker", broker.command(), dict(os.environ))
    child.start(Lines())
    for _ in range(200):
        with contextlib.suppress(broker.BrokerNotRunning):
            broker.ping()
            break
        time.sleep(0.05)
    yield child
    os.kill(child.pid or 0, signal.SIGCONT)
    children.stop([child], Lines())


def test_processes_share_one_budget_in_the_broker(real_broker: Child) -> None:
    async def both() -> list[bool]:
        one, other = Counting(counters.address()), Counting(counters.address())
        item = RateLimitItemPerMinute(3)
        told = [await counting.spend(item, "key", 1) for counting in (one, other, one, other)]
        for counting in (one, other):
            await counting.close()
        return [left.spent for left in told if left is not None]

    assert asyncio.run(both()) == [True, True, True, False]


def test_a_frozen_broker_holds_nobody_up(real_broker: Child, serve: Serve) -> None:
    client = serve()
    assert "ratelimit" in client.get("/v1/jobs").headers

    os.kill(real_broker.pid or 0, signal.SIGSTOP)
    started = time.monotonic()
    told = [client.get("/v1/jobs") for _ in range(10)]

    assert {one.status_code for one in told} == {200}
    assert "ratelimit" not in told[-1].headers
    assert time.monotonic() - started < 5.0


def test_a_broker_that_is_away_keeps_nobody_out_and_nobody_waiting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked() -> tuple[list[object], float]:
        counting = Counting(f"unix://{home / 'nobody.sock'}?db=0")
        started = time.monotonic()
        told = [await counting.spend(RateLimitItemPerMinute(1), "key", 1) for _ in range(100)]
        return told, time.monotonic() - started

    told, took_s = asyncio.run(asked())

    assert set(told) == {None}
    assert took_s < 1.0  # asked once, and then not again for a while


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("memory://", "memory://"),
        ("redis://:pw@broker:6379/2?health_check_interval=5", "redis://:pw@broker:6379/2"),
        (
            "rediss://u:p@broker:6379/0?ssl_ca_certs=/ca.pem",
            "rediss://u:p@broker:6379/0?ssl_ca_certs=%2Fca.pem&ssl_cert_reqs=required",
        ),
        ("redis+socket:///run/valkey.sock?virtual_host=3", "unix:///run/valkey.sock?db=3"),
    ],
)
def test_the_counters_are_in_the_broker_of_the_settings(
    home: Path, monkeypatch: pytest.MonkeyPatch, given: str, used: str
) -> None:
    monkeypatch.setenv("WORKER_BROKER_URL", given)
    worker_settings.get.cache_clear()

    assert counters.address() == used
