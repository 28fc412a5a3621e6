"""What anybody can put into the broker's lists, and a worker that outlives it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu import Connection

from api import broker
from tests import rows
from tests.workers import started
from tests.workers.started import SLEEPS, is_in, until
from workers import settings, transport

NO_MESSAGES = [
    b"no JSON at all",
    b"\xff\xfe\x00",
    b"",
    b"7",
    b"null",
    b'"text"',
    b"[1, 2]",
    b"{}",
    b'{"body": "x"}',
    b'{"properties": 3, "body": null}',
    b'{"properties": {"delivery_tag": 1, "delivery_info": 2}, "body": "x", "headers": 5}',
    b"[" * 100_000,
]


@pytest.fixture
def client(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["redis.Redis[bytes]"]:
    """Of a real Valkey, which workers find by their settings."""
    monkeypatch.delenv("WORKER_BROKER_URL")
    settings.get.cache_clear()
    with subprocess.Popen(broker.command(), stderr=subprocess.DEVNULL) as valkey:
        try:
            client = redis.Redis(unix_socket_path=str(settings.socket_path()))
            _until_it_answers(client)
            yield client
        finally:
            valkey.terminate()


def test_what_is_no_message_is_dropped_and_the_worker_takes_the_next(
    home: Path, client: "redis.Redis[bytes]"
):
    for item in NO_MESSAGES:
        client.lpush("packshot:gpu", item)
    # Its own clock looks once a minute: only a wake-up starts the job in time.
    with started.worker(home, program=SLEEPS, WORKER_POLL_S="60") as one:
        until(lambda: is_in(one, "ready"), one)
        until(lambda: client.llen("packshot:gpu") == 0, one)
        job_id = rows.queued(seed=0)
        client.lpush("packshot:gpu", _wake_up(client))
        until(lambda: rows.read(job_id).state == "succeeded", one, within_s=20)
        assert one.said().count("what is no message was dropped") >= 5


def test_messages_share_a_client_until_its_connections_are_given_up(
    client: "redis.Redis[bytes]",
):
    with Connection(settings.get().broker()) as connection:
        channel = connection.default_channel
        assert isinstance(channel, transport.Channel)
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second

        channel._disconnect_pools()  # as after a broker that was away
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.ping()


def _wake_up(client: "redis.Redis[bytes]") -> bytes:
    """As the bell rings it."""
    from workers.celery import app

    url = settings.get().broker()
    with app.connection_for_write(url) as connection:
        app.send_task("wake", queue="elsewhere", connection=connection)
    item = client.lpop("packshot:elsewhere")
    assert isinstance(item, bytes)
    return item.replace(b"elsewhere", b"gpu")


def _until_it_answers(client: "redis.Redis[bytes]") -> None:
    for _ in range(500):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the broker did not start")
