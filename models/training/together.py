"""Several processes at one run: each takes its rows of every batch, all take the same step.

Every process reads the same batch with the same chance, so that nothing has to be dealt out; what
each finds on its own rows is added up over all. Alone, all of this is nothing. Only the first
process measures, saves and tells; the others follow (Goyal et al. 2017, with plain all-reduce).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import torch
from torch import Tensor
from torch import distributed as dist

PATIENCE = timedelta(hours=24)
"""Others wait while the first one measures or renders; if it ends, whoever started them sees it."""
_apart: ContextVar[bool] = ContextVar("apart", default=False)
_BACKENDS = {"cpu": "gloo", "cuda": "cpu:gloo,cuda:nccl"}


@contextmanager
def joined(device: torch.device, *, rank: int, ranks: int, at: str = "env://") -> Iterator[None]:
    """Belong to `ranks` processes within the block; they find each other `at` a torch store."""
    dist.init_process_group(
        _BACKENDS[device.type], init_method=at, rank=rank, world_size=ranks, timeout=PATIENCE
    )
    try:
        yield
    finally:
        dist.destroy_process_group()


@contextmanager
def apart() -> Iterator[None]:
    """What the first process does in the block it does alone: a judge is taught, say."""
    before = _apart.set(True)
    try:
        yield
    finally:
        _apart.reset(before)


def ranks() -> int:
    return dist.get_world_size() if _are_several() else 1


def is_first() -> bool:
    return not _are_several() or dist.get_rank() == 0


def own_rows(count: int) -> range:
    """Which rows of a batch are this process's; every process has one more or less."""
    number = dist.get_rank() if _are_several() else 0
    return range(count * number // ranks(), count * (number + 1) // ranks())


def add_up(tensors: Iterable[Tensor]) -> None:
    """Each becomes its sum over all processes, in place; in one message."""
    given = tuple(tensors)
    if not _are_several() or not given:
        return
    flat = torch.cat([tensor.detach().float().flatten() for tensor in given])
    dist.all_reduce(flat)
    parts = torch.split(flat, [tensor.numel() for tensor in given])
    for tensor, part in zip(given, parts, strict=True):
        tensor.detach().copy_(part.view_as(tensor))


def even_out(tensors: Iterable[Tensor]) -> None:
    """Each becomes its mean over all processes, in place."""
    given = tuple(tensors)
    add_up(given)
    if _are_several():
        for tensor in given:
            tensor.detach().div_(ranks())


def is_wanted(*, by_me: bool) -> bool:
    """Whether any process wants it: all hear the same answer."""
    wants = torch.tensor([float(by_me)])
    add_up([wants])
    return bool(wants.item())


def told_by_first(say: Callable[[], str]) -> str:
    """What the first process says, in all of them; the others are not asked."""
    if not _are_several():
        return say()
    said = b""
    if is_first():
        with apart():
            said = say().encode()
    length = torch.tensor([len(said)])
    dist.broadcast(length, src=0)
    letters = torch.zeros(int(length.item()), dtype=torch.uint8)
    if is_first():
        letters = torch.frombuffer(bytearray(said), dtype=torch.uint8)
    dist.broadcast(letters, src=0)
    return bytes(letters.tolist()).decode()


def _are_several() -> bool:
    return not _apart.get() and dist.is_available() and dist.is_initialized()
