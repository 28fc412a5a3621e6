"""The device that was asked for, or a clear no; and nobody else's."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.workers.started import ROOT
from workers import device
from workers.device import CPU, Device, NoDevice, choose, found, take, wanted
from workers.locks import LockFile

NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
TWO = [Device(torch.device("cuda:0"), "GPU-a"), Device(torch.device("cuda:1"), "GPU-b")]
IMPORTS_ALL = """
import torch
import workers.process, workers.run, workers.signals
print(torch.cuda.is_initialized())
"""
LOOKS = """
import torch
from workers import device
for one in device.found():
    print(one.name, one.uuid, torch._C._cuda_hasPrimaryContext(one.name.index))
"""


@pytest.fixture
def lock_of(tmp_path: Path) -> Callable[[Device], LockFile]:
    return lambda one: LockFile(tmp_path / f"{one.uuid}.lock")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "RETRY_S", 0.0)


# Choose


def test_without_a_wish_every_device_would_do_and_the_cpu_only_where_there_is_none():
    assert choose("", TWO) == TWO
    assert choose("", []) == [CPU]


@pytest.mark.parametrize(
    ("asked", "would_do"), [("cpu", [CPU]), ("cuda", TWO), ("cuda:0", TWO[:1]), ("cuda:1", TWO[1:])]
)
def test_only_what_was_asked_for_would_do(asked: str, would_do: list[Device]):
    assert choose(asked, TWO) == would_do


@pytest.mark.parametrize("asked", ["cuda:2", "mps", "quantum", "cuda:x"])
def test_what_is_not_here_is_refused_and_nothing_else_is_taken(asked: str):
    with pytest.raises(NoDevice, match="WORKER_DEVICE"):
        choose(asked, TWO)


@pytest.mark.parametrize("asked", ["cuda", "cuda:0"])
def test_who_asks_for_cuda_gets_no_cpu_where_there_is_none(asked: str):
    with pytest.raises(NoDevice, match="CUDA devices here: 0"):
        choose(asked, [])


def test_who_asks_for_the_cpu_starts_no_driver(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "found", lambda: pytest.fail("it looked"))

    assert wanted("cpu") == [CPU]


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA sees its devices")
def test_a_device_that_cuda_does_not_see_is_refused_and_not_passed_over(tmp_path: Path):
    (tmp_path / "nvidiactl").touch()
    assert found(tmp_path) == []

    (tmp_path / "nvidia0").touch()

    with pytest.raises(NoDevice, match=r"nvidia0: look at .*WORKER_DEVICE=cpu needs none"):
        found(tmp_path)


def test_importing_everything_starts_no_cuda():
    said = subprocess.run(
        [sys.executable, "-c", IMPORTS_ALL], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout == "False\n"


# Take


def test_the_first_free_one_is_taken(lock_of: Callable[[Device], LockFile], hurried: None):
    taken = [take(TWO, lock_of, name="gpu@web1") for _ in range(2)]

    assert taken == TWO


def test_when_none_is_free_it_says_who_has_them(
    lock_of: Callable[[Device], LockFile], hurried: None
):
    for name in ("first@web1", "second@web1"):
        take(TWO, lock_of, name=name)

    with pytest.raises(NoDevice) as told:
        take(TWO, lock_of, name="third@web1")

    assert "cuda:0 is held by process" in str(told.value)
    assert "(first@web1), cuda:1 is held by process" in str(told.value)
    assert "(second@web1)" in str(told.value)


def test_one_that_was_asked_for_and_is_held_is_refused_though_another_is_free(
    lock_of: Callable[[Device], LockFile], hurried: None
):
    take(choose("cuda:1", TWO), lock_of, name="first@web1")

    with pytest.raises(NoDevice, match=r"cuda:1 is held by process \d+ \(first@web1\)"):
        take(choose("cuda:1", TWO), lock_of, name="second@web1")


def test_the_same_device_under_another_number_is_held_too(
    lock_of: Callable[[Device], LockFile], hurried: None
):
    """What CUDA_VISIBLE_DEVICES=1 makes of the second device of a machine."""
    seen_alone = Device(torch.device("cuda:0"), TWO[1].uuid)
    take([seen_alone], lock_of, name="first@web1")

    assert take(TWO, lock_of, name="second@web1") == TWO[0]
    with pytest.raises(NoDevice):
        take(TWO, lock_of, name="third@web1")


def test_the_cpu_is_for_as_many_as_like(lock_of: Callable[[Device], LockFile], hurried: None):
    assert [take([CPU], lock_of, name="gpu@web1") for _ in range(3)] == [CPU] * 3


def test_who_is_just_ending_is_waited_for(tmp_path: Path):
    path = tmp_path / "one.lock"
    program = (
        "import sys, time; from pathlib import Path; from workers.locks import LockFile;"
        f"LockFile(Path({str(path)!r})).hold('ending'); print(flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE
    ) as ending:
        assert ending.stdout is not None
        ending.stdout.readline()
        threading.Timer(0.5, ending.kill).start()
        started = time.monotonic()

        taken = take(TWO[:1], lambda _: LockFile(path), name="gpu@web1")

    assert taken == TWO[0]
    assert time.monotonic() - started >= 0.4


# Where there is one


def _looked(**env: str) -> list[list[str]]:
    said = subprocess.run(
        [sys.executable, "-c", LOOKS],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split() for line in said.stdout.splitlines()]


@pytest.mark.gpu
@NEEDS_CUDA
def test_looking_at_devices_begins_nothing_on_them():
    assert [begun for _, _, begun in _looked()] == ["False"] * torch.cuda.device_count()


@pytest.mark.gpu
@NEEDS_CUDA
def test_a_device_keeps_its_uuid_whatever_it_is_numbered():
    last = torch.cuda.device_count() - 1
    _, uuid, _ = _looked()[last]

    assert [one[:2] for one in _looked(CUDA_VISIBLE_DEVICES=str(last))] == [["cuda:0", uuid]]


@pytest.mark.gpu
@NEEDS_CUDA
def test_what_names_no_device_means_the_pinned_one():
    last = found()[-1].name
    try:
        device.pin(last)

        assert torch.zeros(1, device="cuda").device == last
    finally:
        device.pin(torch.device("cuda:0"))


@pytest.mark.gpu
@NEEDS_CUDA
def test_a_neighbour_s_share_of_the_memory_is_left_alone():
    program = (
        "import torch; from workers import device; one = device.found()[0].name;"
        "device.pin(one, memory_share=0.01);"
        "torch.zeros(torch.cuda.mem_get_info(one)[1] // 50, dtype=torch.uint8, device=one)"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "OutOfMemoryError" in said.stderr
