"""From many calls to one batch, to the device's memory and back: beside its work, with CUDA."""

from collections.abc import Sequence

import torch
from torch import Tensor

from workers import torch_threads

Columns = Sequence[Sequence[Tensor]]
"""Each argument of a network, of all calls of a batch."""


def stacked(columns: Columns) -> tuple[Tensor, ...]:
    """[N, …] of each call to [ΣN, …] for each argument; whatever thread asks."""
    with torch_threads.only_one():
        return tuple(one[0] if len(one) == 1 else torch.cat(list(one)) for one in columns)


class Transfer:
    """Brings batches to one device, and answers back."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._side: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def to_device(self, batch: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """What the network gets.

        With CUDA the copies are on their way when this returns, on a stream of their own: call
        `arrived` before the network reads them.
        """
        if self._side is None:
            return tuple(one.to(self._device) for one in batch)
        with torch.cuda.stream(self._side):
            return tuple(one.pin_memory().to(self._device, non_blocking=True) for one in batch)

    def arrived(self, arguments: Sequence[Tensor]) -> None:
        """Have the device's work wait for what is on its way to it; the host does not wait."""
        if self._side is None:
            return
        stream = torch.cuda.current_stream(self._device)
        stream.wait_stream(self._side)
        for argument in arguments:
            argument.record_stream(stream)  # else its memory might be given away too early

    def to_host(self, parts: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """A network's answers on the CPU; all are on their way before the first is waited for."""
        if self._side is None:
            return tuple(part.cpu() for part in parts)
        at_home = tuple(_pinned_like(part).copy_(part, non_blocking=True) for part in parts)
        torch.cuda.current_stream(self._device).synchronize()
        return at_home


def _pinned_like(part: Tensor) -> Tensor:
    with torch.inference_mode(mode=False):  # whoever gets it may change it without a copy
        return torch.empty(part.shape, dtype=part.dtype, pin_memory=True)
