"""A training in several processes, which torchrun starts: each works on a device of its own.

The first one keeps everything that one process alone would: lease, progress, rows, checkpoints and
the version. The others follow it and end with it.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import distributed

from models.failures import CannotDo
from models.training import together
from models.training.watch import TrainingError
from workers import device, locks, settings, tether
from workers.device import NoDevice
from workers.locks import LockFile

STARTER = "0"
"""In place of a parent's process id: whoever started it."""
_SHUTDOWN_S = "2"

Made = TypeVar("Made")


class RankLost(RuntimeError):
    """A process of the training has ended, so that the others cannot go on."""


def command(processes: int, program: list[str]) -> list[str]:
    """The command line that runs a module of ours in so many processes, tethered to this thread."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    options = ["--nproc-per-node", str(processes), "--shutdown-timeout", _SHUTDOWN_S]
    return tether.command([*launcher, *options, "--max-restarts", "0", "-m", *program])


def is_follower() -> bool:
    return settings.rank() > 0


@contextmanager
def joined(first: torch.device) -> Iterator[torch.device]:
    """Belong to the training's processes within the block; gives the device of this one.

    Args:
        first: the first process's, which its worker holds.

    Raises:
        CannotDo: `devices_missing`, in all processes where one finds no device.
        RankLost: one of the others has ended.
    """
    ranks = settings.ranks()
    if ranks == 1:
        yield first
        return
    own = _another(first) if is_follower() else first
    with together.joined(first, rank=settings.rank(), ranks=ranks), _lost_is_said():
        if together.is_wanted(by_me=own is None) or own is None:
            raise CannotDo("devices_missing", f"fewer than {ranks} devices are free")
        device.pin(own, memory_share=settings.get().memory_share)
        yield own


def in_turn(work: Callable[[], Made]) -> Made:
    """The first process does it while the others wait; then they do it, and find what it left."""
    done: list[Made] = []

    def first() -> str:
        done.append(work())
        return "done"

    together.told_by_first(first)
    return done[0] if done else work()


def _another(first: torch.device) -> torch.device | None:
    """A device that nobody has, this process's until it ends; None if there is none."""
    if first.type == "cpu":
        return first
    others = [one for one in device.found() if one.name != first]
    try:
        return device.take(others, _lock_of, name="a process of a training").name
    except NoDevice:
        return None


def _lock_of(one: device.Device) -> LockFile:
    folder, host = settings.get().locks_folder(), socket.gethostname()
    return LockFile(locks.path(folder, host=host, device=one.uuid, queues=["train"]))


@contextmanager
def _lost_is_said() -> Iterator[None]:
    """What a transport says of a lost connection names addresses and files: not for callers."""
    try:
        yield
    except TrainingError:
        raise
    except RuntimeError as error:
        if isinstance(error, distributed.DistError) or "closed by peer" in str(error):
            raise RankLost("another process of the training has ended") from error
        raise
