"""Find, choose and take the device of this process, before CUDA begins in it.

Nothing falls back to a CPU in silence: that is for machines without a device, and for who asks.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from workers.locks import LockFile

RETRY_S = 2.0
"""For who held it and is just ending: a restart must not lose against its own predecessor."""

_LOOK_EVERY_S = 0.05


class NoDevice(RuntimeError):
    """The device that was asked for is not here, or none is free."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device of this machine.

    Attributes:
        name: what it is called in this process, which may see fewer by `CUDA_VISIBLE_DEVICES`.
        uuid: what it is called by every process of this machine.
    """

    name: torch.device
    uuid: str


CPU = Device(torch.device("cpu"), "cpu")
"""Shared by as many as like."""


def found(nodes: Path = Path("/dev")) -> list[Device]:
    """Every CUDA device that this process may see; starts the driver, and nothing on a device.

    Raises:
        NoDevice: the machine has some, and CUDA sees none.
    """
    here = [
        Device(torch.device("cuda", index), str(torch.cuda.get_device_properties(index).uuid))
        for index in range(torch.cuda.device_count())
    ]
    if not here and (hidden := sorted(nodes.glob("nvidia[0-9]*"))):
        raise NoDevice(
            f"CUDA sees none of {', '.join(map(str, hidden))}: look at nvidia-smi, at "
            "CUDA_VISIBLE_DEVICES, and whether this torch has CUDA; WORKER_DEVICE=cpu needs none"
        )
    return here


def wanted(asked: str) -> list[Device]:
    """The devices of this machine that would do for `WORKER_DEVICE`, the first one first.

    Raises:
        NoDevice: the device that was asked for is not here.
    """
    # Who asks for the CPU starts no driver.
    return [CPU] if asked == "cpu" else choose(asked, found())


def choose(asked: str, here: Sequence[Device]) -> list[Device]:
    """Which devices out of those that are here would do; the CPU where none is.

    Raises:
        NoDevice: the device that was asked for is not here.
    """
    if not asked:
        return list(here) or [CPU]
    try:
        named = torch.device(asked)
    except RuntimeError as error:
        raise NoDevice(f"WORKER_DEVICE={asked!r} names no device") from error
    if named.type not in {"cpu", "cuda"}:
        raise NoDevice(f"WORKER_DEVICE={asked!r}: expected cpu, cuda or cuda:N")
    if named.type == "cpu":
        return [CPU]
    would_do = [one for one in here if named.index in {None, one.name.index}]
    if not would_do:
        raise NoDevice(f"WORKER_DEVICE={asked!r}, but CUDA devices here: {len(here)}")
    return would_do


def take(would_do: Sequence[Device], lock_of: Callable[[Device], LockFile], name: str) -> Device:
    """The first of these that nobody has, ours from now on until this process ends.

    Raises:
        NoDevice: others have them all.
        OSError: the folder of the lock files cannot be written.
    """
    if CPU in would_do:
        return CPU
    locks = [(one, lock_of(one)) for one in would_do]
    give_up = time.monotonic() + RETRY_S
    while True:
        for one, lock in locks:
            if lock.hold(name):
                return one
        if time.monotonic() > give_up:
            held = ", ".join(f"{one.name} is held by {lock.holder()}" for one, lock in locks)
            raise NoDevice(f"no device is free: {held}; stop one, or say WORKER_DEVICE=cpu")
        time.sleep(_LOOK_EVERY_S)


def pin(device: torch.device, *, memory_share: float = 1.0) -> None:
    """What names no device means this one, in the calling thread: each has a current device.

    Args:
        device: the one that was taken.
        memory_share: the most of its memory that this process may have, where it has a neighbour.
    """
    if device.type != "cuda":
        return
    torch.cuda.set_device(device)
    if memory_share < 1:
        torch.cuda.set_per_process_memory_fraction(memory_share, device)


def memory_bytes(device: torch.device) -> tuple[tuple[str, int], ...]:
    """What this process has of its device's memory, and how much there is; asks no driver."""
    if device.type != "cuda":
        return ()
    total = torch.cuda.get_device_properties(device).total_memory
    return (
        ("allocated", torch.cuda.memory_allocated(device)),
        ("reserved", torch.cuda.memory_reserved(device)),
        ("total", total),
    )


if __name__ == "__main__":
    try:
        sys.stdout.writelines(f"{one.name}\n" for one in found())
    except NoDevice as error:
        sys.exit(f"packshot worker: {error}")
