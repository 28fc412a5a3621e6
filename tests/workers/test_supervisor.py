"""Workers that are kept running: real processes, that end as a test tells them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from db import fleet
from db.engine import reading
from db.tables.workers import Worker
from tests import rows
from tests.workers import started
from tests.workers.started import ROOT, Started
from workers import supervisor
from workers.__main__ import WrongDevices, children, devices
from workers.supervisor import Child

# A supervisor of two programs, which say when they are so far.
SUPERVISES = """
import os, sys
from workers.supervisor import Child, Supervisor

both = [
    Child(name, [sys.executable, "-c", sys.argv[1].replace("NAME", name)], dict(os.environ))
    for name in ("first", "second")
]
sys.exit(Supervisor(both, drained_within_s=1.0).run())
"""
SAYS_SO = "print('NAME runs', flush=True); signal.pause()"
LIVES = f"import signal; {SAYS_SO}"
DRAINS = f"import signal, sys; signal.signal(15, lambda *_: sys.exit(0)); {SAYS_SO}"
IS_DEAF = f"import signal; signal.signal(15, signal.SIG_IGN); {SAYS_SO}"
# A real worker: the first batch of all kills the device, the job is done the next time.
SUPERVISES_A_WORKER = """
import os, sys
from workers.supervisor import Child, Supervisor

worker = [sys.executable, "-c", sys.argv[1], "-Q", "gpu", "-n", "tested@%h"]
sys.exit(Supervisor([Child("gpu-0", worker, dict(os.environ))], drained_within_s=8.0).run())
"""
CELERY = """
import sys
from celery.__main__ import main

sys.argv = ["celery", "--quiet", "-A", "workers", "worker", *sys.argv[1:], "--loglevel", "info"]
main()
"""
LOSES_ITS_DEVICE_ONCE = """
import torch
from db import settings
from workers import perform

def door(x):
    try:
        (settings.get().home / "lost").touch(exist_ok=False)
    except FileExistsError:
        return x
    raise RuntimeError("CUDA error: an illegal memory access was encountered")

def make(job, lease, bench):
    bench.warm._batcher.call("network", door, torch.zeros(1, 1))
    bench.committer.succeed(lease, [], None)

perform._make = make
"""


@dataclass
class Running:
    """A supervisor in a process of its own, and all that was said."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        return self.log.read_text()

    def pids(self) -> list[int]:
        words = [line.split() for line in self.said().splitlines() if "started as" in line]
        return [int(line[-1]) for line in words]


Supervise = Callable[[str], Running]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    running: list[Running] = []

    def start(program: str) -> Running:
        log = tmp_path / "said"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISES, program], cwd=ROOT, stdout=out, stderr=out
            )
        running.append(Running(process, log))
        _until(lambda: running[0].said().count(" runs") == 2)
        return running[0]

    yield start
    for one in running:
        one.process.kill()
        one.process.wait()


def _until(true: Callable[[], object], *, within_s: float = 20.0) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_at_sigterm_and_ctrl_c_all_are_drained_and_it_ends_with_0(
    supervise: Supervise, sign: signal.Signals
):
    one = supervise(DRAINS)

    one.process.send_signal(sign)

    assert one.process.wait(10) == 0
    assert one.said().count("ended with 0 (was drained)") == 2
    assert not any(map(_is_there, one.pids()))


def test_who_does_not_end_in_time_is_killed_and_it_says_so(supervise: Supervise):
    one = supervise(IS_DEAF)

    one.process.terminate()

    assert one.process.wait(10) == 70
    assert one.said().count("was killed by SIGKILL") == 2


def test_who_is_killed_is_started_again_and_nobody_else_is(supervise: Supervise):
    one = supervise(LIVES)
    first, second = one.pids()

    os.kill(first, signal.SIGKILL)

    _until(lambda: one.said().count("first runs") == 2)
    assert "first was killed by SIGKILL; starting it again in 1 s" in one.said()
    assert _is_there(second)


def test_its_workers_end_with_it_when_it_is_killed(supervise: Supervise):
    one = supervise(DRAINS)

    one.process.kill()

    _until(lambda: not any(map(_is_there, one.pids())))


@contextmanager
def _begun(home: Path, argv: list[str]) -> Iterator[Started]:
    log = home / "supervisor.log"
    small = {"OMP_NUM_THREADS": "1", "WORKER_DEVICE": "cpu", "WORKER_POLL_S": "0.1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *argv], cwd=ROOT, env={**os.environ, **small}, stdout=out, stderr=out
        )
    try:
        yield Started(process, log)
    finally:
        process.terminate()
        process.wait(20)


def test_a_worker_that_lost_its_device_is_started_again_and_does_the_job(home: Path):
    job = rows.queued(seed=1)
    program = LOSES_ITS_DEVICE_ONCE + CELERY
    with _begun(home, ["-c", SUPERVISES_A_WORKER, program]) as one:
        started.until(lambda: rows.read(job).state == "succeeded", one)

        one.process.terminate()
        assert one.ended(within_s=20)[0] == 0

    assert "gpu-0 ended with 75 (lost its device); starting it again in 0 s" in one.said()
    assert one.said().count("gpu-0 started as process") == 2
    assert (rows.read(job).attempt, rows.read(job).crash_count) == (1, 1)


def test_up_without_gpus_is_one_worker_on_the_cpu_until_sigterm(home: Path):
    with _begun(home, ["-m", "workers", "up", "--gpus", "none"]) as one:
        started.until(_ready_workers, one)
        (worker,) = _ready_workers()
        assert (worker.device, worker.queues) == ("cpu", ["gpu"])

        one.process.terminate()
        assert one.ended(within_s=20)[0] == 0

    assert not _is_there(worker.pid)


def _ready_workers() -> list[Worker]:
    with reading() as session:
        return [one for one in fleet.present(session) if one.state == "ready"]


def _tended(code: int, times: int, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is said of a program that ends with this code as soon as it runs, so many times."""
    child = Child("gpu-0", [sys.executable, "-c", f"raise SystemExit({code})"], dict(os.environ))
    said: list[str] = []
    while len(said) < times:
        child.tend()
        said += [line for line in capsys.readouterr().err.splitlines() if "again" in line]
        child._due_at = 0.0  # its pause is over
        time.sleep(0.01)
    return said


def test_who_ends_at_once_waits_longer_each_time_up_to_a_minute(
    capsys: pytest.CaptureFixture[str],
):
    said = _tended(1, 8, capsys)

    assert [line.split()[-2] for line in said] == ["1", "2", "4", "8", "16", "32", "60", "60"]


@pytest.mark.parametrize(("code", "why"), [(75, "lost its device"), (70, "got nowhere any more")])
def test_whom_a_fresh_process_mends_is_started_again_at_once(
    code: int, why: str, capsys: pytest.CaptureFixture[str]
):
    said = _tended(code, 3, capsys)

    assert (
        said == [f"packshot workers: gpu-0 ended with {code} ({why}); starting it again in 0 s"] * 3
    )


def test_who_is_refused_is_tried_again_ever_more_rarely_and_never_in_silence(
    capsys: pytest.CaptureFixture[str],
):
    said = _tended(69, 2, capsys)

    why = "ended with 69 (may not start here, its own line above says why)"
    assert said == [
        f"packshot workers: gpu-0 {why}; starting it again in {pause} s" for pause in (1, 2)
    ]


def test_who_lived_for_a_while_is_met_as_if_it_had_never_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(supervisor, "STEADY_AFTER_S", 0.0)

    said = _tended(1, 3, capsys)

    assert [line.split()[-2] for line in said] == ["1", "1", "1"]


# One for each device


@pytest.mark.parametrize(
    ("gpus", "here", "expected"),
    [
        ("all", ["cuda:0", "cuda:1"], ["cuda:0", "cuda:1"]),
        ("all", [], ["cpu"]),
        ("none", ["cuda:0"], ["cpu"]),
        ("1", ["cuda:0", "cuda:1"], ["cuda:0"]),
        ("0,2", ["cuda:0", "cuda:1", "cuda:2"], ["cuda:0", "cuda:2"]),
        ("1,", ["cuda:0", "cuda:1"], ["cuda:1"]),
        ("1,1", ["cuda:0", "cuda:1"], ["cuda:1"]),
    ],
)
def test_each_device_that_was_asked_for_gets_a_worker(
    gpus: str, here: list[str], expected: list[str]
):
    assert devices(gpus, here) == expected


@pytest.mark.parametrize("gpus", ["2", "0,1", "0", "-1", "", ",", "some", "0,b"])
def test_devices_that_are_not_here_are_refused(gpus: str):
    with pytest.raises(WrongDevices, match="--gpus"):
        devices(gpus, ["cuda:0"])


def test_each_worker_has_its_device_and_a_name_of_its_own():
    pair = children(["cuda:0", "cuda:2"], "gpu,train")

    assert [one.env["WORKER_DEVICE"] for one in pair] == ["cuda:0", "cuda:2"]
    assert [one.argv[-1] for one in pair] == ["gpu-train-0@%h", "gpu-train-1@%h"]
    assert all("gpu,train" in one.argv for one in pair)


def _up(*options: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "workers", "up", *options],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_more_devices_than_there_are_end_with_69_and_a_sentence():
    ended = _up("--gpus", "99")

    assert ended.returncode == 69
    assert "--gpus 99: there are " in ended.stderr
    assert "Traceback" not in ended.stderr
