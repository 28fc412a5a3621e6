"""Who has a device: a lock file, held by processes that are killed, frozen and have children."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.started import ROOT
from workers import locks
from workers.locks import LockFile

HOLDS = """
import subprocess, sys, time
from pathlib import Path
from workers.locks import LockFile

print(LockFile(Path(sys.argv[1])).hold("holder@web1"), flush=True)
exec(sys.argv[2])
time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "one.lock"


@pytest.fixture
def holder(path: Path, request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    """Another process, which holds the file and then does what the test says."""
    then = getattr(request, "param", "pass")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path), then], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_it_is_one_process_s_and_whoever_comes_later_can_say_whose(
    path: Path, holder: "subprocess.Popen[str]"
):
    mine = LockFile(path)

    assert not mine.hold("another@web1")
    assert mine.holder() == f"process {holder.pid} (holder@web1)"


def test_nobody_holds_it_twice_not_even_in_one_process(path: Path):
    assert LockFile(path).hold("first")
    assert not LockFile(path).hold("second")


def test_the_kernel_lets_go_of_it_for_a_process_that_was_killed(
    path: Path, holder: "subprocess.Popen[str]"
):
    holder.kill()
    holder.wait()

    assert LockFile(path).hold("next@web1")
    assert "next@web1" in LockFile(path).holder()


def test_a_frozen_process_keeps_it(path: Path, holder: "subprocess.Popen[str]"):
    holder.send_signal(signal.SIGSTOP)
    time.sleep(0.2)

    assert not LockFile(path).hold("another@web1")


@pytest.mark.parametrize(
    "holder",
    ["print(subprocess.Popen(['sleep', '3'], stdout=subprocess.DEVNULL).pid, flush=True)"],
    indirect=True,
)
def test_a_child_that_outlives_its_holder_does_not_keep_it(
    path: Path, holder: "subprocess.Popen[str]"
):
    assert holder.stdout is not None
    child = int(holder.stdout.readline())

    holder.kill()
    holder.wait()

    assert Path(f"/proc/{child}").exists()
    assert LockFile(path).hold("next@web1")


def test_a_folder_that_cannot_be_written_is_an_error_and_no_device(tmp_path: Path):
    (tmp_path / "locks").write_text("a file, where the folder should be")

    with pytest.raises(OSError, match="locks"):
        LockFile(tmp_path / "locks" / "one.lock").hold("gpu@web1")


def test_each_host_device_and_line_of_queues_has_its_own(tmp_path: Path):
    def of(**other: object) -> Path:
        given = {"host": "web1", "device": "GPU-a", "queues": ["gpu"], **other}
        return locks.path(tmp_path, **given)  # type: ignore[arg-type]

    others = [{"host": "web2"}, {"device": "GPU-b"}, {"queues": ["train"]}, {"name": "gpu-2@web1"}]

    assert len({of(), *(of(**other) for other in others)}) == 5
    assert of(queues=["gpu", "train"]) == of(queues=["train", "gpu"])


def test_its_name_stays_in_its_folder_whatever_a_worker_is_called(tmp_path: Path):
    name = "gpu.../../../etc/passwd@web 1"

    one = locks.path(tmp_path, host="web1", device="cpu", queues=["gpu"], name=name)

    assert one.parent == tmp_path
    assert one.resolve().parent == tmp_path.resolve()
