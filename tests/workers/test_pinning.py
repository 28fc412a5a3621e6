"""The same command as often as there are devices takes them all, and once more is refused.

Real workers on a list of devices that is data: each computes on the CPU, under a UUID of its own.
"""

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from tests.workers import started
from tests.workers.started import Started, is_in, until

pytestmark = pytest.mark.usefixtures("home")

TWO_DEVICES = """
import torch
from workers import device
from workers.device import Device

device.found = lambda: [Device(torch.device("cpu"), "GPU-a"), Device(torch.device("cpu"), "GPU-b")]
"""


def _worker(home: Path, stack: ExitStack, *, queue: str = "gpu") -> Started:
    return stack.enter_context(
        started.worker(home, program=TWO_DEVICES, queue=queue, WORKER_DEVICE="")
    )


def _ready(home: Path, stack: ExitStack, *, queue: str = "gpu") -> Started:
    one = _worker(home, stack, queue=queue)
    until(lambda: is_in(one, "ready"), one)
    return one


def _holder(home: Path, uuid: str, queue: str = "gpu") -> int:
    """The process that its lock file names."""
    (file,) = (home / "locks").glob(f"*.{uuid}.{queue}.lock")
    return int(file.read_text().split()[1])


def test_two_take_one_each_and_a_third_is_refused_until_one_is_killed(home: Path):
    with ExitStack() as stack:
        first, second = _ready(home, stack), _ready(home, stack)
        assert _holder(home, "GPU-a") == first.process.pid
        assert _holder(home, "GPU-b") == second.process.pid

        second.process.send_signal(signal.SIGSTOP)  # a frozen one keeps its device
        third = _worker(home, stack)
        assert third.ended(within_s=60)[0] == 69
        (told,) = [line for line in third.said().splitlines() if "packshot worker: " in line]
        assert f"held by process {first.process.pid} (tested@" in told
        assert f"held by process {second.process.pid} (tested@" in told

        first.process.kill()
        fourth = _ready(home, stack)
        assert _holder(home, "GPU-a") == fourth.process.pid


def test_workers_of_other_queues_share_a_device_and_scores_need_none(home: Path):
    with ExitStack() as stack:
        editing, training = _ready(home, stack), _ready(home, stack, queue="train")
        for _ in range(2):
            _ready(home, stack, queue="cpu")

        assert _holder(home, "GPU-a") == editing.process.pid
        assert _holder(home, "GPU-a", "train") == training.process.pid
        assert not list((home / "locks").glob("*.cpu*.lock"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_one_real_device_is_one_worker_s(home: Path):
    one_device = {"WORKER_DEVICE": "", "CUDA_VISIBLE_DEVICES": "0"}
    with started.worker(home, **one_device) as first:
        until(lambda: is_in(first, "ready"), first)
        row = started.row(first)
        assert row is not None
        assert row.device == "cuda:0"

        with started.worker(home, **one_device) as second:
            assert second.ended(within_s=60)[0] == 69
            assert "cuda:0 is held by process" in second.said()
