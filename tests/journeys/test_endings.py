"""An operator's story: what is killed, stopped or sent by the broker alone loses nothing."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery

from api import broker
from api.client import Client
from db import jobs
from db.engine import reading, transaction
from db.operations.order import parse
from tests.factories import png
from tests.journeys.conftest import ROOT, Studio, until

pytestmark = pytest.mark.journey


def test_a_producer_that_has_only_the_broker_gets_its_job_done(studio: Studio) -> None:
    picture = studio.upload(png(64, 64))
    home = studio.home.resolve()
    producer = Celery(broker=f"redis+socket://{home}/broker/valkey.sock?virtual_host=0")
    producer.conf.broker_transport_options = {"global_keyprefix": "packshot:"}

    order = {"operation": {"op": "upscale", "picture": picture}, "external_id": "by-message"}
    for _ in range(2):  # a message that comes twice is one job
        producer.send_task("jobs.submit", kwargs=order, queue="gpu", task_id="message-1")
    producer.close()

    with studio.client() as client:
        until(lambda: _states(client, "by-message") == ["succeeded"], 60, studio.lines)


def test_the_producer_that_the_page_shows_gets_its_job_done(studio: Studio) -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/operating.md").read_text(), re.S)
    assert "/srv/shop/var/" in shown
    program = shown.replace("/srv/shop/var/", f"{studio.home.resolve()}/")

    subprocess.run([sys.executable, "-c", program], cwd=studio.home, timeout=60, check=True)

    with studio.client() as client:
        until(lambda: _states(client, "from-the-page") == ["succeeded"], 60, studio.lines)


def test_a_worker_that_is_killed_loses_no_job(own_studio: Studio) -> None:
    picture = own_studio.upload(png(1200, 900))  # so large that it is met at work
    with own_studio.client() as client:
        ids = [_submit(client, picture) for _ in range(12)]
        until(lambda: _any_running(client), 30)
        victim = next(one for one in client.workers() if "gpu" in one["queues"])
        os.kill(victim["pid"], signal.SIGKILL)
        ended = client.wait(ids, timeout_s=120)

    assert {job["state"] for job in ended} == {"succeeded"}
    assert all(len(job["results"]) == 1 for job in ended)


def test_ctrl_c_ends_everything_and_the_next_start_goes_on(own_studio: Studio) -> None:
    picture = own_studio.upload(png(1200, 900))  # so large that it is met at work
    with own_studio.client() as client:
        ids = [_submit(client, picture) for _ in range(12)]
        until(lambda: _any_running(client), 30)

    code = own_studio.stop(signal.SIGINT)

    assert code == 0, own_studio.lines()
    assert own_studio.sql("SELECT 1 FROM job WHERE state = 'running'") == []
    own_studio.start()
    with own_studio.client() as client:
        ended = client.wait(ids, timeout_s=120)
    assert {job["state"] for job in ended} == {"succeeded"}
    assert {job["attempt"] for job in ended} == {1}  # what was released was never tried


def test_an_operator_restarts_a_worker_and_pauses_its_queue_without_losing_a_job(
    own_studio: Studio,
) -> None:
    picture = own_studio.upload(png(300, 200))
    with own_studio.client() as client:
        client.pause("gpu")
        ids = [_submit(client, picture) for _ in range(6)]
        old = next(one for one in client.workers() if "gpu" in one["queues"])
        client.drain(old["id"])
        until(lambda: _ready(client, "gpu") not in ([], [old["id"]]), 60, own_studio.lines)
        waiting = next(one for one in client.queues() if one["name"] == "gpu")
        client.resume("gpu")
        ended = client.wait(ids, timeout_s=120)

    assert (waiting["queued"], waiting["due"], waiting["running"]) == (6, 6, 0)
    assert {job["state"] for job in ended} == {"succeeded"}
    assert "gpu      | exited with 0; starting it again" in own_studio.lines()


def test_celery_starts_a_worker_as_it_stands(home: Path) -> None:
    with subprocess.Popen(broker.command(), stderr=subprocess.DEVNULL) as valkey:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "workers", "worker", "-Q", "gpu"], cwd=ROOT
        )
        with transaction() as session:
            order = {"operation": {"op": "sample", "version": "nobody@9"}}
            job_id = jobs.create(session, "shop", parse(json.dumps(order).encode())).job.id

        until(lambda: _state(job_id) == "failed", 120)

        worker.terminate()
        assert worker.wait(30) == 0
        valkey.terminate()


def test_a_worker_refuses_tables_of_another_build(tmp_path: Path) -> None:
    env = {**os.environ, "DB_HOME": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "workers", "worker", "-Q", "gpu"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 69
    assert "packshot init" in ended.stderr


def test_a_worker_without_its_database_says_so_and_ends(tmp_path: Path) -> None:
    env = {**os.environ, "DB_HOME": str(tmp_path), "DB_URL": "postgresql+psycopg://x@127.0.0.1:1/x"}

    ended = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "workers", "worker", "-Q", "gpu"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 69
    assert "packshot worker:" in ended.stderr


def _submit(client: Client, picture: str) -> str:
    order = {"operation": {"op": "denoise", "picture": picture, "engine": "classical"}}
    job_id: str = client.submit(order)["id"]
    return job_id


def _ready(client: Client, queue: str) -> list[str]:
    ready = [one for one in client.workers() if one["state"] == "ready"]
    return [one["id"] for one in ready if queue in one["queues"]]


def _any_running(client: Client) -> bool:
    return any(True for _ in client.jobs({"state": "running"}, limit=1))


def _states(client: Client, external_id: str) -> list[str]:
    return [job["state"] for job in client.jobs({"external_id": external_id})]


def _state(job_id: str) -> str:
    with reading() as session:
        job = jobs.find(session, "shop", job_id)
    assert job is not None
    return job.state
