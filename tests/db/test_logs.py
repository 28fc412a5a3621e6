"""How a process logs: one line each, to standard error, in both forms."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAM = """
import logging, sys, threading, warnings
import structlog
from db import logs

logs.configure("clerk")
log = structlog.get_logger()
with structlog.contextvars.bound_contextvars(job_id="j1", tenant="shop"):
    log.info("a job ended", state="succeeded")
    logging.getLogger("sqlalchemy.pool").warning("pool %s is full", "p")
    logging.getLogger("models.training").info("epoch done", extra={"epoch": 3})
logging.getLogger("sqlalchemy.pool").info("not worth a line")
warnings.warn("old ways", stacklevel=1)
try:
    {}["it's"]
except KeyError:
    log.exception("an attempt failed", key="psk_abcdefabcdef_secret")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise SystemError("at last")
"""


def run(**env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_line_is_an_object_with_who_when_and_for_whom() -> None:
    ended = run(LOG_FORMAT="json")

    told: list[dict[str, Any]] = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.stdout == ""
    assert all({"timestamp", "level", "service", "event"} <= set(one) for one in told)
    assert {one["service"] for one in told} == {"clerk"}
    first = {k: v for k, v in told[0].items() if k != "timestamp"}
    assert first == {
        "level": "info",
        "service": "clerk",
        "event": "a job ended",
        "state": "succeeded",
        "job_id": "j1",
        "tenant": "shop",
    }
    assert [one["event"] for one in told] == [
        "a job ended",
        "pool p is full",
        "epoch done",
        *(one["event"] for one in told[3:4]),
        "an attempt failed",
        "an error that nobody caught",
        "an error that nobody caught",
    ]
    assert (told[1]["job_id"], told[1]["logger"]) == ("j1", "sqlalchemy.pool")
    assert told[2]["epoch"] == 3
    assert "old ways" in told[3]["event"]
    assert "KeyError" in told[4]["exception"]
    assert told[4]["key"] == "psk_***"
    assert "ZeroDivisionError" in told[5]["exception"]
    assert "SystemError: at last" in told[6]["exception"]


def test_on_a_console_a_line_is_a_sentence_with_its_fields() -> None:
    lines = run().stderr.splitlines()

    assert len(lines) == 7
    assert lines[0].endswith(" info    a job ended state='succeeded' tenant='shop' job_id='j1'")
    assert lines[0].startswith("20")


def test_what_is_less_grave_than_asked_for_is_not_written() -> None:
    lines = run(LOG_LEVEL="error").stderr.splitlines()

    assert "a job ended" not in "".join(lines)
    assert "an attempt failed" in "".join(lines)
