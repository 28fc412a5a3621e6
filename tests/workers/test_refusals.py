"""What a worker refuses to start with: the real program, its sentence and its exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from db import settings as db_settings
from db.default_secrets import DefaultSecret
from tests.workers.started import ROOT
from workers import refusals, settings
from workers.settings import UnsafeBroker

# An old SQLite, as Python brings it on many systems, in the place of the wheel.
OLD_SQLITE = """
from sqlite3 import *
sqlite_version = "3.40.1"
sqlite_version_info = (3, 40, 1)
"""


def _started(home: Path, queues: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "celery", "--quiet", "-A", "workers", "worker", "-Q", queues],
        cwd=ROOT,
        env={**os.environ, "WORKER_DEVICE": "cpu", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("queues", "env", "sentence"),
    [
        ("gpu", {"WORKER_BROKER_URL": "redis://10.0.0.7:6379/0"}, "rediss://user:***@host"),
        ("gpu", {"DB_SECRET_KEY": "change-me"}, "DB_SECRET_KEY: this secret stands in every"),
        ("gpu,hooks", {}, "hooks wants a worker of its own"),
        ("gpux", {}, "there are gpu, train, cpu, hooks"),
        ("gpu", {"WORKER_DEVICE": "cuda:99"}, "WORKER_DEVICE='cuda:99'"),
    ],
)
def test_a_worker_that_may_not_start_says_why_in_a_sentence_and_ends_with_69(
    home: Path, queues: str, env: dict[str, str], sentence: str
):
    ended = _started(home, queues, **env)

    assert ended.returncode == 69, ended.stderr
    told = [line for line in ended.stderr.splitlines() if line.startswith("packshot worker: ")]
    assert len(told) == 1
    assert sentence in told[0]
    assert "Traceback" not in ended.stderr


def test_a_sqlite_that_can_corrupt_is_refused(home: Path):
    (home / "old").mkdir()
    (home / "old" / "pysqlite3.py").write_text(OLD_SQLITE)

    ended = _started(home, "gpu", PYTHONPATH=str(home / "old"))

    assert ended.returncode == 69
    assert "SQLite 3.40.1 can corrupt" in ended.stderr


@pytest.mark.parametrize(
    "url",
    [
        "redis://broker:6379/0",
        "redis://user:Xq7-long-and-own@broker:6379/0",  # in clear for who listens
        "rediss://broker:6379/0",
        "redis://0.0.0.0:6379/0",
    ],
)
def test_a_broker_that_others_reach_wants_tls_and_a_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setenv("WORKER_BROKER_URL", url)
    settings.get.cache_clear()

    with pytest.raises(UnsafeBroker, match="WORKER_ALLOW_PLAIN_BROKER"):
        refusals.check(["gpu"])


@pytest.mark.parametrize(
    "url",
    [
        "rediss://user:Xq7-long-and-own@broker:6379/0",
        "redis://127.0.0.1:6379/0",
        "redis://localhost/0",
        "redis://[::1]:6379/0",
        "redis+socket:///run/valkey.sock?virtual_host=0",
        "memory://",
        "",
    ],
)
def test_a_broker_that_only_we_reach_or_that_keeps_its_door_is_taken(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setenv("WORKER_BROKER_URL", url)
    settings.get.cache_clear()

    refusals.check(["gpu"])


def test_a_plain_broker_in_a_private_network_may_be_allowed(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WORKER_BROKER_URL", "redis://broker:6379/0")
    monkeypatch.setenv("WORKER_ALLOW_PLAIN_BROKER", "true")
    settings.get.cache_clear()

    refusals.check(["gpu"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_URL", "postgresql+psycopg://packshot:packshot@database/packshot"),
        ("WORKER_BROKER_URL", "redis://:changeme@127.0.0.1:6379/0"),
        ("DB_SECRET_KEY", f"{'k' * 12}own-and-long-{'k' * 12},secret"),
    ],
)
def test_a_password_of_an_example_is_refused_wherever_it_stands(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)
    settings.get.cache_clear()
    db_settings.get.cache_clear()

    with pytest.raises(DefaultSecret, match=name) as told:
        refusals.check(["gpu"])

    assert "changeme" not in str(told.value)
